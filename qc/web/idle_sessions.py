"""Ends sessions that nobody uses any more: a terminal that was left open."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import ngettext

from qc.audit import sign_ins
from qc.models import SignIn, User
from qc.web.middleware import Middleware
from qc.web.session_store import SIGN_IN
from qc.work import presence

# So often each process looks, in seconds.
LOOKS_EVERY = 60


class IdleSessionMiddleware(Middleware):
    """Ends the session of a request after QC_IDLE_MINUTES without use; then a page asks to sign in.

    Who has a task in hand is there as long as the task's queue leaves it to them.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, for nobody if its session has ended."""
        if isinstance(request.user, User) and _is_due(request):
            unused = _unused(request)
            if unused is not None:
                _end(request, unused)
        return self.get_response(request)


def _is_due(request: HttpRequest) -> bool:
    number = request.session.get(SIGN_IN)
    return number is not None and cache.add(f"sign-in-idle/{number}", 1, LOOKS_EVERY)


def _unused(request: HttpRequest) -> SignIn | None:
    """Return the sign-in of a session that nobody used for too long; None if it goes on."""
    now = timezone.now()
    since = now - timedelta(minutes=settings.QC_IDLE_MINUTES)
    old = SignIn.objects.filter(pk=request.session[SIGN_IN], last_used_at__lt=since)
    unused: SignIn | None = old.select_related("person").first()
    return None if unused is None or presence.has_in_hand(unused.person, now) else unused


def _end(request: HttpRequest, unused: SignIn) -> None:
    sign_ins.end_idle(unused)
    request.session.flush()
    request.user = AnonymousUser()
    n = settings.QC_IDLE_MINUTES
    text = ngettext(
        "This session was not used for %(n)d minute. Please sign in again.",
        "This session was not used for %(n)d minutes. Please sign in again.",
        n,
    )
    messages.info(request, text % {"n": n})
