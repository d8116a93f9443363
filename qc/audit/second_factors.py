"""Second factors: apps that show codes, security keys, and recovery codes for their loss.

allauth keeps them and knows their algorithms. Each change is an event in the same transaction. With
an app or a key added, removed or reset, all sessions and tokens of its person end: they rest on
other proofs than are asked for now. `source` is where a request came from, as
`qc.web.second_factors.source` returns it.
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.fernet import InvalidToken
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.compiled_queries import Prepared
from qc.core.exceptions import InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.history import events
from qc.models import EventKind, User
from qc.work import guards, presence

logger = logging.getLogger(__name__)

APP, KEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN
RECOVERY = Authenticator.Type.RECOVERY_CODES
# Recovery codes alone are none.
FACTORS = (APP, KEY)
FACTORS_OF = Prepared(
    lambda person: Authenticator.objects.filter(user=person, type__in=FACTORS).values_list("pk")
)
# What a row raises whose secret nobody can read, or that misses it.
UNREADABLE = (InvalidToken, KeyError, TypeError, ValueError)

# The address and the device of a request; nothing on the console.
Source = Mapping[str, str | None]


def has_one(person: User) -> bool:
    """Return whether a person has an app or a security key."""
    return bool(FACTORS_OF.rows(person.pk))


def of(person: User) -> "QuerySet[Authenticator]":
    """Return the apps and keys of a person, the first one first."""
    return Authenticator.objects.filter(user=person, type__in=FACTORS).order_by("pk")


def overview(person: User) -> tuple[list[Authenticator], int]:
    """Return the apps and keys of a person, and how many recovery codes are not used."""
    kept = list(Authenticator.objects.filter(user=person).order_by("pk"))
    codes_left = sum(_unused(one) for one in kept if one.type == RECOVERY)
    return [one for one in kept if one.type in FACTORS], codes_left


def _unused(codes: Authenticator) -> int:
    try:
        return len(codes.wrap().get_unused_codes())
    except UNREADABLE:
        return 0


@retrying
def add_app(person_id: int, secret: str, code: str, source: Source) -> User:
    """Add an app by its secret and the code that has shown it works; return the person.

    Raises InvalidTransition if there is one already.
    """
    person = User.objects.locked(person_id).get()
    if of(person).filter(type=APP).exists():
        raise InvalidTransition(_("You have an app already. Remove it first."))
    # What was typed to set it up signs nobody in.
    _uses_counter(TOTP.activate(person, secret).instance, code)
    return _added(person, APP, source)


@retrying
def add_key(person_id: int, name: str, credential: dict[str, Any], source: Source) -> User:
    """Add a security key, as it was checked; return the person."""
    person = User.objects.locked(person_id).get()
    WebAuthn.add(person, name, credential)
    return _added(person, KEY, source)


def _added(person: User, factor: str, source: Source) -> User:
    RecoveryCodes.activate(person)
    _record(EventKind.SECOND_FACTOR_ADDED, person, factor, source)
    return _end_access(person)


@retrying
def rename(person_id: int, key_id: int, name: str, source: Source) -> None:
    """Give a key another name, which only its person ever sees. Raises NotFound."""
    person = User.objects.locked(person_id).get()
    key = of(person).filter(pk=key_id, type=KEY).first()
    if key is None:
        raise NotFound(_("It is removed already."))
    if key.data.get("name") != name:
        key.data["name"] = name
        key.save(update_fields=["data"])
        _record(EventKind.SECOND_FACTOR_RENAMED, person, KEY, source)


@retrying
def remove(person_id: int, factor_id: int, source: Source) -> User:
    """Remove an app or a key of a person, with its last one the recovery codes; return the person.

    Raises NotFound, and InvalidTransition for the last one of somebody who must have one.
    """
    person = User.objects.locked(person_id).get()
    found = of(person).filter(pk=factor_id).first()
    if found is None:
        raise NotFound(_("It is removed already."))
    is_last = not of(person).exclude(pk=factor_id).exists()
    if is_last and permissions.must_have_second_factor(person):
        raise InvalidTransition(_("Your account must have a second factor: add another one first."))
    found.delete()
    if is_last:
        delete_all(person)
    _record(EventKind.SECOND_FACTOR_REMOVED, person, found.type, source)
    return _end_access(person)


@retrying
def reset(
    person_id: int, *, by: User | None, reason: str, source: Source = MappingProxyType({})
) -> User:
    """Remove all second factors of somebody who has lost them; return the person.

    `by` is a superuser, or None for the console. Raises NotFound, NotAllowed, and InvalidInput
    without a reason.
    """
    person = User.objects.locked(person_id).first()
    if person is None:
        raise presence.not_found(person_id)
    permissions.check_superuser(by)
    guards.require_reason(reason)
    delete_all(person)
    _record(EventKind.SECOND_FACTOR_RESET, person, "", source, by=by, reason=reason)
    return _end_access(person)


@retrying
def make_recovery_codes(person_id: int, source: Source) -> None:
    """Make new recovery codes for a person; those from before are no longer valid."""
    person = User.objects.locked(person_id).get()
    Authenticator.objects.filter(user=person, type=RECOVERY).delete()
    RecoveryCodes.activate(person)
    _record(EventKind.RECOVERY_CODES_MADE, person, RECOVERY, source)


@retrying
def show_recovery_codes(person_id: int) -> list[str]:
    """Return the recovery codes of a person the first time, then none."""
    person = User.objects.locked(person_id).get()
    kept = Authenticator.objects.filter(user=person, type=RECOVERY).first()
    if kept is None or kept.wrap().did_view:
        return []
    kept.wrap().mark_as_viewed()
    return list(kept.wrap().get_unused_codes())


def delete_all(person: User) -> None:
    """Delete all second factors and recovery codes of a person; the caller records why."""
    Authenticator.objects.filter(user=person).delete()


def _end_access(person: User) -> User:
    person.access_ended_at = User.objects.filter(pk=person.pk).end_access()
    return person


@retrying
def use_code(person: User, code: str, source: Source) -> str:
    """Use up a code; return the type of what it is from, "" if it is wrong or was used already."""
    with_codes = Authenticator.objects.filter(user=person).exclude(type=KEY).order_by("pk")
    for one in with_codes.select_for_update():
        if _accepts(one, code):
            one.record_usage()
            if one.type == RECOVERY:
                _record(EventKind.RECOVERY_CODE_USED, person, RECOVERY, source)
            return str(one.type)
    return ""


def _accepts(one: Authenticator, code: str) -> bool:
    try:
        return _uses_counter(one, code) if one.type == APP else one.wrap().validate_code(code)
    except UNREADABLE:
        logger.warning("Second factor %s of person %s can't be read.", one.pk, one.user_id)
        return False


def _uses_counter(one: Authenticator, code: str) -> bool:
    """Return whether it is a code of now, and none that was used, nor one from before it.

    allauth remembers used codes in the cache, which every process has for itself.
    """
    secret = decrypt(one.data["secret"])
    for counter in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, counter))
        if counter > one.data.get("counter", 0) and compare_user_code(
            actual=code, expected=expected
        ):
            one.data["counter"] = counter
            one.save(update_fields=["data"])
            return True
    return False


def _record(kind: EventKind, person: User, factor: str, source: Source, **more: Any) -> None:
    """Record an event about a factor of a person; `by` is among `more` if somebody else did it."""
    by = more.pop("by", person)
    details = {"factor": str(factor), "device": source.get("device") or ""} | more
    events.record(kind, by=by, name=person.username, address=source.get("address"), **details)
