"""Tells people of sign-ins with a device that they had never used: in their other sessions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from qc.core.wording import clock
from qc.models import SignIn, User
from qc.web.middleware import ACTIVE, Middleware
from qc.web.session_store import SIGN_IN


class NewDeviceMiddleware(Middleware):
    """Shows a message for each new device, on the next page that the person opens elsewhere."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, with the messages on its page."""
        user = request.user
        if isinstance(user, User) and user.has_new_device and _is_page(request):
            _warn(request, user)
        return self.get_response(request)


def _is_page(request: HttpRequest) -> bool:
    is_part = "HX-Request" in request.headers or ACTIVE in request.headers
    return request.method == "GET" and request.path.startswith("/admin/") and not is_part


def _warn(request: HttpRequest, user: User) -> None:
    """Show a message for each new device, except to whoever came with that very device."""
    news = SignIn.objects.filter(person=user, is_new=True)
    here = SignIn.objects.filter(pk=request.session.get(SIGN_IN, 0)).first()
    others = [one for one in news if not here or not one.is_same_device(here)]
    for one in others:
        values = {
            "device": one.device or _("unknown device"),
            "address": one.address or "–",
            "at": clock(one.begun_at),
        }
        text = _("Signed in as you with a new device at %(at)s: %(device)s, from %(address)s.")
        messages.warning(request, f"{text % values} {_('Not you? Change your password.')}")
    SignIn.objects.filter(pk__in=[one.pk for one in others]).update(is_new=False)
    if others and len(others) == len(news):
        User.objects.filter(pk=user.pk).update(has_new_device=False)
