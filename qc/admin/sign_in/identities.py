"""Whose account an identity of the provider of single sign-on is, and what it decides there.

Whoever can choose a name at the provider gets nobody's account by it: an identity, which is the
issuer and what it calls its subject, belongs to an account only by a link that a manager made for
its person, or to one that was made for it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from qc import history
from qc.admin.shared.base import after_commit
from qc.admin.sign_in.forms import may_enter
from qc.admin.sign_in.ways_in import provider
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import ChangeKind, Role, User
from qc.models.events import Refusal
from qc.work import actions, lost_access

# As each account of the provider is stored, whatever its issuer: that is in its `uid`.
PROVIDER_ID = "sso"
# Columns of a person that the provider fills, by their names in OpenID Connect.
COLUMNS = {"given_name": "first_name", "family_name": "last_name", "email": "email"}


class Refused(Exception):
    """Somebody is not signed in, and why; `name` is that of the account, or the provider's."""

    def __init__(self, why: Refusal, name: str) -> None:
        super().__init__(why)
        self.why, self.name = why, name


@dataclass(frozen=True)
class Identity:
    """Somebody at the provider, by their claims: those of the ID token, and further ones."""

    claims: dict[str, Any]

    @cached_property
    def uid(self) -> str:
        """A digest of issuer and subject: of one length, and the same on every collation."""
        whole = f"{self.claims['iss']}\n{self.claims['sub']}"
        return hashlib.sha256(whole.encode()).hexdigest()

    @property
    def name(self) -> str:
        """What the provider calls them."""
        return _text(self.claims.get("preferred_username"))

    @property
    def has_second_factor(self) -> bool:
        """Whether the provider says that they have shown more than one proof (RFC 8176)."""
        return "mfa" in _texts(self.claims.get("amr"))

    @property
    def shown_at(self) -> float | None:
        """When they showed the provider who they are, if it says so."""
        at = self.claims.get("auth_time")
        return at if isinstance(at, int | float) else None

    @cached_property
    def roles(self) -> set[str]:
        """The roles that belong to their groups."""
        groups = set(_texts(self.claims.get(provider().groups_claim)))
        return {role for group, role in provider().roles if group in groups}

    @cached_property
    def columns(self) -> dict[str, str]:
        """Their names and e-mail address, as far as the provider knows them, by column."""
        found = {column: _text(self.claims.get(claim)) for claim, column in COLUMNS.items()}
        if self.claims.get("email_verified") is False:
            del found["email"]
        return {column: text for column, text in found.items() if text and _fits(column, text)}


def person_of(identity: Identity, invited: User | None = None) -> User:
    """Return whose account it is, with the names and roles that the provider says.

    `invited` is whose link was opened on the way to the provider. Raises Refused.
    """
    try:
        person = _update(identity, invited)
    except IntegrityError:
        # They came twice at once: the other one was quicker.
        person = _update(identity, invited)
    if not may_enter(person):
        raise Refused(Refusal.NO_ROLE, person.username)
    return person


@retrying
@for_the_record()
def _update(identity: Identity, invited: User | None) -> User:
    found = SocialAccount.objects.filter(provider=PROVIDER_ID, uid=identity.uid)
    linked = found.select_related("user").first()
    if linked and invited and linked.user_id != invited.pk:
        raise Refused(Refusal.OTHER_ACCOUNT, invited.username)
    known = linked.user if linked else invited
    if known is None:
        return _add(identity)
    person = User.objects.locked(known.pk).get()
    if not person.is_active or person.is_machine:
        raise Refused(Refusal.INACTIVE, person.username)
    if linked is None:
        _link(person, identity)
    _set_columns(person, identity.columns)
    if provider().roles and not person.is_superuser:
        _set_roles(person, identity.roles)
    return person


def _add(identity: Identity) -> User:
    """Make an account for somebody whose name is free here, and who has a role."""
    if User.objects.alike(identity.name):
        raise Refused(Refusal.TAKEN, identity.name)
    if not provider().creates_accounts:
        raise Refused(Refusal.UNKNOWN, identity.name)
    if not identity.roles:
        raise Refused(Refusal.NO_ROLE, identity.name)
    person = User(username=identity.name, is_staff=True, **identity.columns)
    person.set_unusable_password()
    try:
        person.full_clean()
    except ValidationError as error:
        raise Refused(Refusal.NAME, identity.name) from error
    with history.without_history(person):
        person.save()
        person.groups.set(_groups(identity.roles))
    reason = _("first sign-in by %s") % provider().name
    history.record_many([person], kind="", by=None, reasons=[reason], created=True)
    SocialAccount.objects.create(user=person, provider=PROVIDER_ID, uid=identity.uid)
    return person


def _link(person: User, identity: Identity) -> None:
    """Let this identity, and no other any more, sign in to an account; end all its sessions."""
    person.access_ended_at = User.objects.filter(pk=person.pk).end_access()
    person.socialaccount_set.all().delete()  # type: ignore[attr-defined]
    SocialAccount.objects.create(user=person, provider=PROVIDER_ID, uid=identity.uid)
    reason = provider().name
    kind = ChangeKind.IDENTITY_LINKED
    history.save(person, kind=kind, by=person, reason=reason, fields=[])


def _set_columns(person: User, columns: dict[str, str]) -> None:
    changed = [name for name, value in columns.items() if getattr(person, name) != value]
    for name in changed:
        setattr(person, name, columns[name])
    if changed:
        history.save(person, kind="", by=None, reason=_decided(), fields=changed)


def _set_roles(person: User, roles: set[str]) -> None:
    """Give and take roles; what a lost one allowed goes back, and all other sessions end."""
    held = set(person.groups.values_list("name", flat=True))
    if held & set(Role.values) == roles:
        return
    before = lost_access.access_of(person.pk)
    with history.without_history(person):
        # Groups that are no roles stay.
        person.groups.set(_groups(roles | held - set(Role.values)))
    was, now = (", ".join(sorted(some)) or "–" for some in (held & set(Role.values), roles))
    reason = f"{_('Roles')}: {was} → {now}; {_decided()}"
    history.record_many([person], kind=ChangeKind.ROLES_CHANGED, by=None, reasons=[reason])
    returned = lost_access.return_lost(person.pk, before, by=None)
    after_commit(actions.hand_out_from, {task.queue_id for task in returned})
    person.refresh_from_db()


def _groups(names: Iterable[str]) -> Any:
    return Group.objects.filter(name__in=names)


def _decided() -> str:
    return _("as %s says") % provider().name


def _fits(column: str, text: str) -> bool:
    """Return whether a column can have this text."""
    field: Any = User._meta.get_field(column)
    try:
        field.clean(text, None)
    except ValidationError:
        return False
    return text.isprintable()


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    """Return the texts of a claim, which has one or a list of them."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
