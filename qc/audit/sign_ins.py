"""Sessions and tokens: each begins and ends with an event, which has its address and device."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.exceptions import NotFound
from qc.core.transactions import retrying
from qc.history import events
from qc.models import EventKind, SignIn, User
from qc.models.people import access_ended
from qc.work import presence


@transaction.atomic
def begin(  # noqa: PLR0913
    person: User,
    *,
    device: str,
    address: str | None,
    session_key: str | None = None,
    token: str | None = None,
    proofs: Sequence[str] = (),
) -> SignIn:
    """Record that a session or a token of this person begins; return it.

    `token` is the id of a token, not the token. `proofs` are how they have shown who they are:
    `sentences.PROOFS` has those that there are. A device that the person never used at this
    address is marked, so that they are told of it; their first of all is not.
    """
    before = SignIn.objects.filter(person=person)
    is_new = before.exists() and not before.filter(device=device, address=address).exists()
    if is_new:
        User.objects.filter(pk=person.pk).update(has_new_device=True)
    if session_key:
        # Who signs in again in the same session begins anew.
        before.filter(session_key=session_key).update(session_key=None)
    kind = EventKind.TOKEN_ISSUED if token else EventKind.SESSION_BEGUN
    came: dict[str, Any] = {"device": device} | ({"proofs": list(proofs)} if proofs else {})
    events.record(kind, by=person, name=person.username, address=address, **came)
    begun: SignIn = SignIn.objects.create(
        person=person,
        device=device,
        address=address,
        session_key=session_key,
        token_id=token,
        is_new=is_new,
    )
    return begun


def signed_out(person: User, *, device: str, address: str | None, is_token: bool) -> None:
    """Record that a person has ended their own session or token."""
    kind = EventKind.TOKEN_ENDED if is_token else EventKind.SESSION_ENDED
    events.record(kind, by=person, name=person.username, address=address, device=device)


@retrying
def end(sign_in_id: int, *, by: User) -> None:
    """End one session or token, also of somebody else. Raises NotFound and NotAllowed."""
    sign_in = SignIn.objects.filter(pk=sign_in_id).valid().select_related("person").first()
    if sign_in is None:
        raise NotFound(_("It has ended already."))
    permissions.check_steers(by, sign_in.person)
    kind = EventKind.TOKEN_ENDED if sign_in.token_id else EventKind.SESSION_ENDED
    _end(sign_in, kind, by)


@retrying
def end_idle(sign_in: SignIn) -> None:
    """End a session that nobody used."""
    _end(sign_in, EventKind.SESSION_IDLE, sign_in.person)


def _end(sign_in: SignIn, kind: EventKind, by: User) -> None:
    SignIn.objects.filter(pk=sign_in.pk).end()
    name, address = sign_in.person.username, sign_in.address
    events.record(kind, by=by, name=name, address=address, device=sign_in.device)


@retrying
def end_all(person_id: int, *, by: User) -> User:
    """End all sessions and tokens of a person; return them. Raises NotFound and NotAllowed."""
    person = User.objects.locked(person_id).first()
    if person is None:
        raise presence.not_found(person_id)
    permissions.check_steers(by, person)
    person.access_ended_at = User.objects.filter(pk=person.pk).end_access()
    return person


def connect() -> None:
    """Record each end of somebody's access; called once, when the application starts."""
    access_ended.connect(_record_end, dispatch_uid="qc_access_ended")


def _record_end(person: User, **_named: object) -> None:
    events.record(EventKind.ACCESS_ENDED, name=person.username)
