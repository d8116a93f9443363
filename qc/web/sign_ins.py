"""Signals of signing in and out: people's presence, and failures for the audit trail.

Some people type their password in place of their name. So instead of an unknown name only a keyed
hash is stored: it shows that the same was tried again, but not what.
"""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from qc.audit import sign_ins
from qc.core.context import Channel, current_channel
from qc.core.names import normal_name
from qc.history import events
from qc.models import EventKind, ServiceToken, SignIn, User
from qc.models.events import UNKNOWN_NAME_PREFIX, Refusal
from qc.web import proofs, second_factors
from qc.web.addresses import client_address
from qc.web.refusals import whole_page
from qc.web.session_store import SIGN_IN
from qc.work import actions, presence

TOO_MANY = 429
# So many failures of one address are listed in an hour, by each process: nobody can fill the
# history, or bury something in it. Known and unknown names count alike, so that neither shows.
LISTED = 500
HOUR = 3600
USED_EVERY = 60
HASH_LENGTH = 12


def name_tried(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the name by which an attempt to sign in is stored: the person's, or a hash.

    django-axes counts failures by it too. It takes the same time whether the person exists or not.
    """
    name = str((credentials or {}).get("username") or "")
    # django-axes asks several times in a request.
    tried: dict[str, str] = {} if request is None else vars(request).setdefault("names_tried", {})
    if name not in tried:
        tried[name] = _name_kept(name)
    return tried[name]


def _name_kept(name: str) -> str:
    found = next((one.username for one in User.objects.alike(name)), "")
    normal = normal_name(name)
    digest = salted_hmac("qc.signins", normal, algorithm="sha256").hexdigest()[:HASH_LENGTH]
    return found or (f"{UNKNOWN_NAME_PREFIX}{digest}" if name else "")


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Return the answer of django-axes to a locked-out user; the API has made its own already."""
    if response.status_code == TOO_MANY:
        return response
    minutes = settings.AXES_COOLOFF_TIME.seconds // 60
    return whole_page(request, "qc/web/locked_out.html", {"minutes": minutes}, TOO_MANY)


def connect() -> None:
    """Connect the functions below to their signals; called once, when the application starts."""
    user_logged_in.connect(signed_in, dispatch_uid="qc_signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="qc_signed_out")
    user_login_failed.connect(failed, dispatch_uid="qc_sign_in_failed")
    user_locked_out.connect(kept_out, dispatch_uid="qc_locked_out")
    sign_ins.connect()


def signed_in(request: HttpRequest, user: User, token: Any = None, **_: Any) -> None:
    """Assign tasks to a person who signed in, and show a message for each task lost meanwhile.

    `token` is what the API has issued, None for a session. Raises PermissionDenied for the account
    of a service token, to which nobody signs in.
    """
    if user.is_machine:
        raise PermissionDenied
    was_away = not user.takes_work
    _begin(request, user, token)
    actions.sign_in(user.pk)
    if was_away and current_channel() == Channel.PAGE:
        for lost in presence.lost_while_away(user):
            messages.warning(request, lost)


def _begin(request: HttpRequest, user: User, token: Any) -> None:
    came_with = second_factors.source(request)
    if token:
        sign_ins.begin(user, token=token.pk, proofs=proofs.of(request), **came_with)
        _is_due(token.pk)
        return
    if not request.session.session_key:
        request.session.create()
    key = request.session.session_key
    begun = sign_ins.begin(user, session_key=key, proofs=proofs.of(request), **came_with)
    request.session[SIGN_IN] = begun.pk
    proofs.note(request)
    second_factors.demand(request, user)
    # A moment, not a length: no later use prolongs it.
    request.session.set_expiry(begun.begun_at + timedelta(hours=settings.QC_SESSION_HOURS))
    _is_due(begun.pk)


def signed_out(request: HttpRequest, user: User | None, is_token: bool = False, **_: Any) -> None:
    """Sign the person out in QC Desk too; their tasks wait again."""
    if user is not None:
        sign_ins.signed_out(user, is_token=is_token, **second_factors.source(request))
        actions.sign_out(user.pk, by=user, reason="signed out")


def note_use(request: HttpRequest) -> None:
    """Note that the session or token of a request was used now: at most once a minute.

    It fails nothing: the request is answered already.
    """
    token = getattr(request, "auth", None)
    if isinstance(token, ServiceToken):
        return  # It is noted where it is read: `qc.api.service_tokens`.
    # A token that was signed out just now has no id any more.
    column, value = ("token", token.pk) if token else ("pk", request.session.get(SIGN_IN))
    if value and _is_due(value):
        with suppress(DatabaseError):
            SignIn.objects.filter(**{column: value}).update(last_used_at=timezone.now())


def _is_due(sign_in: Any) -> bool:
    """Return whether a use was not noted for a minute, by this process."""
    return cache.add(f"sign-in-used/{sign_in}", 1, USED_EVERY)


def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed sign-in: the name that was tried, and the address."""
    if request is not None and not getattr(request, "axes_locked_out", False):
        name = name_tried(request, credentials)
        address = getattr(request, "axes_ip_address", None)
        is_factor = second_factors.IS_FACTOR in credentials
        kind = EventKind.SECOND_FACTOR_FAILED if is_factor else EventKind.SIGN_IN_FAILED
        _record(kind, name, address)


def refused(request: HttpRequest, name: str, why: Refusal) -> None:
    """Record that somebody was refused for whom a provider of single sign-on has vouched."""
    tried = name_tried(request, {"username": name})
    details = {"why": why.value, "proofs": [proofs.PROVIDER]}
    _record(EventKind.SIGN_IN_FAILED, tried, client_address(request), **details)


def kept_out(username: str | None, ip_address: str | None, **_: Any) -> None:
    """Record that somebody was locked out."""
    _record(EventKind.LOCKED_OUT, username or "", ip_address)


def _record(kind: EventKind, name: str, address: str | None, **details: Any) -> None:
    counted = f"failed-sign-ins/{address}"
    cache.add(counted, 0, HOUR)
    try:
        number = cache.incr(counted)
    except ValueError:  # It has just expired.
        number = 1
    if number <= LISTED:
        last: dict[str, Any] = {"last_listed": True} if number == LISTED else {}
        events.record(kind, name=name, address=address, **details, **last)
