"""The page behind an invite or reset link, where people choose a password that nobody else knows.

A link is made for them on *People* and handed over. It is valid once, for
PASSWORD_RESET_TIMEOUT, and until the next is made.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import path, reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.admin.sign_in import ways_in
from qc.admin.sign_in.forms import ChosenPasswordForm
from qc.models import ChangeKind, User
from qc.web.addresses import client_address
from qc.web.refusals import whole_page
from qc.web.sign_ins import TOO_MANY

# So many links that are not valid may be opened from one address in an hour.
MOST_INVALID = 20
HOUR = 3600


class LinkTokens(PasswordResetTokenGenerator):
    """The tokens of links: of a person, only that of the link made last is valid."""

    key_salt = "qc.new_password"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        made = user.history.filter(kind=ChangeKind.LINK_MADE).order_by("-history_id")
        last = made.values_list("history_id", flat=True).first()
        return f"{super()._make_hash_value(user, timestamp)}/{last}"


link_tokens = LinkTokens()


def link_for(request: HttpRequest, person: User) -> str:
    """Return the link by which this person can choose a password, with our address.

    That it is made must be in the history before: this ends the link made earlier.
    """
    which = urlsafe_base64_encode(force_bytes(person.pk))
    token = link_tokens.make_token(person)
    return request.build_absolute_uri(reverse("admin:new_password", args=[which, token]))


def opened_link(request: HttpRequest) -> dict[str, str] | None:
    """Return the link on whose page a form was sent, or None: for `person_of`."""
    which, token = request.POST.get("link"), request.session.get(INTERNAL_RESET_SESSION_TOKEN)
    return {"which": which, "token": token} if which and token else None


def person_of(which: str, token: str) -> User | None:
    """Return whose link it is, or None if it is not valid, any more or at all."""
    person = NewPasswordView().get_user(which)
    return person if link_tokens.check_token(person, token) else None


@method_decorator(login_not_required, name="dispatch")
class NewPasswordView(PasswordResetConfirmView):
    """Asks for a new password, or says that the link is not valid: the same whatever is wrong."""

    form_class = ChosenPasswordForm
    token_generator = link_tokens
    template_name = "qc/sign_in/new_password.html"
    success_url = reverse_lazy("admin:login")
    title = gettext_lazy("Choose a password")

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse an address that opened too many links that are not valid."""
        counted = f"invalid-links/{client_address(self.request)}"
        if cache.get(counted, 0) >= MOST_INVALID:
            return whole_page(self.request, "qc/sign_in/too_many_links.html", {}, TOO_MANY)
        response = super().dispatch(*args, **kwargs)
        if not self.validlink and not isinstance(response, HttpResponseRedirect):
            _count(counted)
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Save the password, where there are passwords."""
        return ways_in.without_passwords(request) or super().post(request, *args, **kwargs)

    def get_user(self, uidb64: str) -> User | None:
        """Return the active person of the link, or None; a service token has no password."""
        person: User | None = super().get_user(uidb64)
        is_there = person is not None and person.is_active and not person.is_machine
        return person if is_there else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password, unless the link was used at the same moment."""
        with transaction.atomic():
            stored = User.objects.locked(form.user.pk).get()
            token = self.request.session[INTERNAL_RESET_SESSION_TOKEN]
            self.validlink = self.token_generator.check_token(stored, token)
            if not self.validlink:
                return self.render_to_response(self.get_context_data())
            messages.success(self.request, _("Your password is saved. You can sign in with it."))
            return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows, with the look of all pages."""
        hours = settings.PASSWORD_RESET_TIMEOUT // HOUR
        more = {"hours": hours, "person": self.user if self.validlink else None}
        more |= {"link": self.kwargs["uidb64"]} | ways_in.shown()
        return site.each_context(self.request) | more | super().get_context_data(**kwargs)


def _count(counted: str) -> None:
    cache.add(counted, 0, HOUR)
    try:
        cache.incr(counted)
    except ValueError:  # It has just expired.
        cache.set(counted, 1, HOUR)


urlpatterns = [
    path("new-password/<uidb64>/<token>/", NewPasswordView.as_view(), name="new_password")
]
