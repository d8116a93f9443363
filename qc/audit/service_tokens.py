"""Service tokens: made, changed and revoked by superusers; each of it, and misuse, is an event.

A token acts by an account of its own, which nobody can sign in to: so the history names it, and
permissions work as for people. The account has the roles that the scopes need.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.history import events
from qc.models import ChangeKind, EventKind, Role, Scope, ServiceToken, Task, TokenRefusal, User
from qc.work import accounts, guards, lost_access, memberships, presence
from qc.work.memberships import Membership

logger = logging.getLogger(__name__)

# The longest time for which an old secret stays valid beside a new one.
MOST_GRACE = timedelta(hours=24)
USED_EVERY = timedelta(minutes=1)
# The same refusal is one event in this time, by each process: nobody can fill the history by it.
LISTED_EVERY = 3600


@retrying
def make(token: ServiceToken, name: str, *, by: User) -> str:
    """Store a new token with its account; return its secret, which nobody can read again.

    `token` has scopes, networks and expiry. Raises NotAllowed, and InvalidInput for a bad name.
    """
    permissions.check_superuser(by)
    token.account = _new_account(name, token.roles, by)
    token.created_by = by
    secret = token.new_secret()
    token.save(force_insert=True)
    _record_change({}, token, by)
    return secret


@retrying
def change(token: ServiceToken, *, by: User) -> list[Task]:
    """Store other scopes, networks and another expiry of a token; return the tasks that went back.

    Raises NotAllowed, NotFound, and InvalidTransition for a revoked one.
    """
    stored = _locked(token.pk, by)
    before, lost = as_recorded(stored), lost_access.access_of(stored.account_id)
    stored.scopes, stored.networks = token.scopes, token.networks
    stored.expires_at = token.expires_at
    stored.save(update_fields=["scopes", "networks", "expires_at"])
    _record_change(before, stored, by)
    return _set_roles(stored, lost, by)


@retrying
def renew(token_id: int, *, by: User, grace: timedelta = timedelta()) -> str:
    """Return a new secret of a token; the old one is valid for `grace`, or no longer.

    Raises NotAllowed, NotFound, InvalidInput, and InvalidTransition for a revoked one.
    """
    token = _locked(token_id, by)
    if not timedelta() <= grace <= MOST_GRACE:
        raise InvalidInput("grace", _("Choose at most 24 hours."))
    secret = token.new_secret(old_until=timezone.now() + grace if grace else None)
    token.save(update_fields=["digest", "old_digest", "old_until"])
    hours: dict[str, Any] = {"hours": int(grace / timedelta(hours=1))} if grace else {}
    events.record(EventKind.SERVICE_TOKEN_RENEWED, by=by, name=token.name, **hours)
    return secret


@retrying
def revoke(token_id: int, *, by: User, reason: str) -> list[Task]:
    """End a token for good and deactivate its account; return the tasks that it held.

    Raises NotAllowed, NotFound, InvalidInput without a reason, and InvalidTransition for one that
    is revoked already.
    """
    token = _locked(token_id, by)
    guards.require_reason(reason)
    token.revoked_at, token.revoked_by = timezone.now(), by
    token.save(update_fields=["revoked_at", "revoked_by"])
    events.record(EventKind.SERVICE_TOKEN_REVOKED, by=by, name=token.name, reason=reason)
    returned = _end_work(token.account_id, by)
    account = User.objects.locked(token.account_id).get()
    account.is_active = False
    history.save(account, kind="", by=by, reason=reason, fields=["is_active"])
    return returned


def as_recorded(token: ServiceToken) -> dict[str, Any]:
    """Return what an event says about a token: never its secret, nor a digest."""
    expires = token.expires_at.isoformat(timespec="minutes").replace("+00:00", "Z")
    return {
        "scopes": sorted(token.scopes),
        "networks": list(token.networks),
        "expires_at": expires,
    }


def used(token: ServiceToken, address: str | None) -> None:
    """Note that a token was used now, and from where: at most once a minute. It fails nothing."""
    now = timezone.now()
    due = now - USED_EVERY
    if token.last_used_at and token.last_used_at > due:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=due)
    with suppress(DatabaseError):
        ServiceToken.objects.filter(stale, pk=token.pk).update(
            last_used_at=now, last_used_address=address
        )


def refused(token: ServiceToken, why: TokenRefusal, address: str | None) -> None:
    """Record that somebody had the right secret and was refused. It fails nothing."""
    logger.warning("Service token %s refused from %s: %s", token.name, address, why.value)
    if cache.add(f"token-refused/{token.pk}/{why.name}/{address}", 1, LISTED_EVERY):
        with suppress(DatabaseError):
            events.record(
                EventKind.SERVICE_TOKEN_REFUSED,
                name=token.name,
                address=address,
                refused=why.value,
            )


def _new_account(name: str, roles: Iterable[str], by: User) -> User:
    account = User(username=name, is_machine=True)
    account.set_unusable_password()
    try:
        account.full_clean()
    except ValidationError as error:
        raise InvalidInput("name", " ".join(error.messages)) from error
    with history.without_history(account):
        account.save()
        account.groups.set(Group.objects.filter(name__in=roles))
    history.record_many([account], kind="", by=by, reasons=[""], created=True)
    return account


def _locked(token_id: int, by: User) -> ServiceToken:
    """Return a token that is not revoked, locked, for a superuser."""
    permissions.check_superuser(by)
    token = ServiceToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise NotFound(_("There is no such service token."))
    if token.revoked_at is not None:
        raise InvalidTransition(_("%(name)s is revoked.") % {"name": token.name})
    return token


def _record_change(before: dict[str, Any], token: ServiceToken, by: User) -> None:
    after = as_recorded(token)
    names = [name for name in after if before.get(name) != after[name]]
    if names:
        events.record(
            EventKind.SERVICE_TOKEN_CHANGED,
            by=by,
            name=token.name,
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names},
        )


@for_the_record()
def _set_roles(token: ServiceToken, before: lost_access.Access, by: User) -> list[Task]:
    """Give the account the roles that the scopes need; return the tasks that went back."""
    account = User.objects.locked(token.account_id).get()
    if Scope.COMPLETE not in token.scopes:
        _leave_queues(account, by)
    held = set(account.groups.values_list("name", flat=True))
    if held != token.roles:
        groups = Group.objects.filter(name__in=token.roles)
        accounts.set_roles(account, groups, among=Group.objects.filter(name__in=Role.values))
        was, now = (", ".join(sorted(some)) or "–" for some in (held, token.roles))
        reason = f"{_('Roles')}: {was} → {now}"
        history.record_many([account], kind=ChangeKind.ROLES_CHANGED, by=by, reasons=[reason])
    return lost_access.return_lost(account.pk, before, by=by)


def _leave_queues(account: User, by: User) -> None:
    """Take an account that works no more off all queues."""
    queues = account.queues.values_list("pk", flat=True)
    remove = {Membership(account.pk, queue) for queue in queues}
    if remove:
        memberships.write(add=(), remove=remove, by=by)


@for_the_record()
def _end_work(account_id: int, by: User) -> list[Task]:
    """Take an account off its queues and sign it out; return the tasks that it held."""
    reason = _("service token revoked")
    account = User.objects.locked(account_id).get()
    _leave_queues(account, by)
    if account.is_logged_in:
        return presence.sign_out(account_id, by=by, reason=reason)
    return presence.return_tasks(account_id, by=by, reason=reason)
