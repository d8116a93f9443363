"""Requests to anonymise somebody: what can't be undone takes two people, and a day between them.

One makes it, another one confirms it, and either, or any other superuser, may take it back. It is a
row of the person's history. The console (None) counts as one of the two.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.commitments import pseudonym
from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import ChangeKind, Task, User
from qc.work import guards, presence

WAIT = timedelta(hours=24)
KINDS = (ChangeKind.ERASURE_ASKED, ChangeKind.ERASURE_DROPPED, ChangeKind.ANONYMISED)


class ErasureRequest(NamedTuple):
    """Who (None: the console) requested when to anonymise somebody, and why."""

    by: User | None
    at: datetime
    reason: str

    @property
    def may_be_confirmed_from(self) -> datetime:
        """The moment from which another one may confirm it."""
        return self.at + WAIT

    def may_be_confirmed_by(self, user: User | None) -> bool:
        """Return whether this user may confirm it now: another one, and not too early."""
        return user != self.by and timezone.now() >= self.may_be_confirmed_from


def request_of(person: User) -> ErasureRequest | None:
    """Return the request that waits to be confirmed; it lapses when the account becomes active."""
    rows = person.history.order_by("-history_id").select_related("history_user")
    last = rows.filter(kind__in=KINDS).first()
    if last is None or last.kind != ChangeKind.ERASURE_ASKED:
        return None
    if rows.filter(history_id__gt=last.pk, is_active=True).exists():
        return None
    return ErasureRequest(last.history_user, last.history_date, last.why)


def locked(person_id: int, by: User | None, reason: str) -> User:
    """Return the person, locked. Raise NotFound, NotAllowed, or InvalidInput without a reason."""
    person = User.objects.locked(person_id).first()
    if person is None:
        raise presence.not_found(person_id)
    permissions.check_superuser(by)
    guards.require_reason(reason)
    if person.is_machine:
        raise InvalidTransition(_("A service token has no names of a person. Revoke it instead."))
    return person


@retrying
def make(person_id: int, *, by: User | None, reason: str) -> User:
    """Request that a person who has left is anonymised; repeating it changes nothing.

    Raises as `locked`, and InvalidTransition for an active person.
    """
    person = locked(person_id, by, reason)
    check_has_left(person)
    if person.username != pseudonym(person.pk) and request_of(person) is None:
        history.save(person, kind=ChangeKind.ERASURE_ASKED, by=by, reason=reason, fields=[])
    return person


@retrying
def take_back(person_id: int, *, by: User | None, reason: str) -> User:
    """Take a request back; without one nothing changes. Raises as `locked`."""
    person = locked(person_id, by, reason)
    if request_of(person) is not None:
        history.save(person, kind=ChangeKind.ERASURE_DROPPED, by=by, reason=reason, fields=[])
    return person


def check_confirmed(person: User, by: User | None) -> None:
    """Raise InvalidTransition unless another one requested it a day ago or earlier."""
    request = request_of(person)
    if request is None:
        raise InvalidTransition(_("Nobody has asked to anonymise %s.") % person)
    if request.by == by:
        raise InvalidTransition(_("Somebody other than who asked for it must confirm it."))
    if timezone.now() < request.may_be_confirmed_from:
        moment = clock(request.may_be_confirmed_from)
        raise InvalidTransition(_("It can be confirmed from %(moment)s on.") % {"moment": moment})


def check_has_left(person: User) -> None:
    """Raise InvalidTransition for somebody who is active, or whose pseudonym another one has."""
    if person.is_active or person.is_logged_in or Task.objects.held_by(person).exists():
        raise InvalidTransition(_("%s is still active: deactivate the account first.") % person)
    name = pseudonym(person.pk)
    if User.objects.filter(username=name).exclude(pk=person.pk).exists():
        raise InvalidTransition(
            _("Another account is called %(name)s: rename it first.") % {"name": name}
        )
