"""Signals of signing in and out: people's presence, and failures for the audit trail.

Some people type their password in place of their name. So instead of an unknown name only a keyed
hash is stored: it shows that the same was tried again, but not what.
"""

from typing import Any

from axes.signals import user_locked_out
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from qc.audit import events
from qc.core.context import Channel, current_channel
from qc.models import EventKind, User
from qc.models.events import UNKNOWN_NAME_PREFIX
from qc.web.refusals import whole_page
from qc.work import actions, presence

TOO_MANY = 429
# So many failures of one address are listed in an hour, by each process: nobody can fill the
# history, or bury something in it. Known and unknown names count alike, so that neither shows.
LISTED = 500
HOUR = 3600
HASH_LENGTH = 12


def name_tried(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """Return the name by which an attempt to sign in is stored: the person's, or a hash.

    django-axes counts failures by it too. It takes the same time whether the person exists or not.
    """
    name = str((credentials or {}).get("username") or "")
    found = next((one.username for one in User.objects.alike(name)), "")
    digest = salted_hmac("qc.signins", name, algorithm="sha256").hexdigest()[:HASH_LENGTH]
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


def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Assign tasks to a person who signed in, and show a message for each task lost meanwhile."""
    was_away = not user.takes_work
    actions.sign_in(user.pk)
    if was_away and current_channel() == Channel.PAGE:
        for lost in presence.lost_while_away(user):
            messages.warning(request, lost)


def signed_out(user: User | None, **_: Any) -> None:
    """Sign the person out in QC Desk too; their tasks wait again."""
    if user is not None:
        actions.sign_out(user.pk, by=user, reason="signed out")


def failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Record a failed sign-in: the name that was tried, and the address."""
    if request is not None and not getattr(request, "axes_locked_out", False):
        name = name_tried(request, credentials)
        address = getattr(request, "axes_ip_address", None)
        _record(EventKind.SIGN_IN_FAILED, name, address)


def kept_out(username: str | None, ip_address: str | None, **_: Any) -> None:
    """Record that somebody was locked out."""
    _record(EventKind.LOCKED_OUT, username or "", ip_address)


def _record(kind: EventKind, name: str, address: str | None) -> None:
    counted = f"failed-sign-ins/{address}"
    cache.add(counted, 0, HOUR)
    try:
        number = cache.incr(counted)
    except ValueError:  # It has just expired.
        number = 1
    if number <= LISTED:
        last: dict[str, Any] = {"last_listed": True} if number == LISTED else {}
        events.record(kind, name=name, address=address, **last)
