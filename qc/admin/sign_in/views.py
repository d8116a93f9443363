"""Signing in and out, with a question where it would take somebody's work away unseen."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qc.admin.sign_in import flow, pending, terminal, ways_in
from qc.admin.sign_in.forms import OwnPasswordForm, SignInForm
from qc.admin.sign_in.pending import WaitingSignIn
from qc.admin.sign_in.terminal import SomebodyElse
from qc.core.localization import for_the_record
from qc.models import Task, User
from qc.web import proofs
from qc.web.refusals import whole_page
from qc.work import actions


class SignInView(LoginView):
    """Asks for name and password; what follows is in `qc.admin.sign_in.flow`."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take name and password, where they are taken at all."""
        return ways_in.without_passwords(request) or super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows: also which ways in there are."""
        return super().get_context_data(**kwargs) | ways_in.shown()

    def form_valid(self, form: Any) -> HttpResponse:
        """Go on with the person whose password was right."""
        page = self.get_success_url()
        return flow.go_on(self.request, form.get_user(), page, proof=proofs.PASSWORD)


class OwnPasswordView(PasswordChangeView):
    """The form of one's own new password."""

    form_class = OwnPasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form needs: also the request, whose address counts failures."""
        return super().get_form_kwargs() | {"request": self.request}


@never_cache
@require_http_methods(["GET", "POST"])
def still_here(request: HttpRequest) -> HttpResponse:
    """Ask whether to sign out who is still here, and do so. Only for who has proven who it is."""
    waiting = pending.find(request, is_proven=True)
    if waiting is None:
        pending.drop(request)
        messages.warning(request, _("The question is no longer valid. Please sign in again."))
        return redirect("admin:login")
    other = terminal.somebody_else(request, waiting.person)
    if request.method != "POST":
        context = {"waiting": waiting, "other": other}
        return whole_page(request, "qc/sign_in/still_here.html", context)
    if "go_back" in request.POST:
        pending.drop(request)
        return redirect("admin:index")
    if other is not None and other.person.pk != waiting.other_id:
        return flow.ask_or_enter(request, waiting)
    return _take_over(request, waiting, other)


def sign_out_question(request: HttpRequest) -> HttpResponse | None:
    """Return the question whether to return started tasks; None if it needs no asking."""
    if request.method != "POST" or not isinstance(request.user, User):
        return None
    started = list(Task.objects.held_by(request.user).filter(started_at__isnull=False))
    known = request.POST.get("known", "").split(",")
    if all(str(task.pk) in known for task in started):
        return None
    context = {"tasks": started, "references": terminal.references(started)}
    return whole_page(request, "qc/sign_in/sign_out.html", context)


def _take_over(
    request: HttpRequest, waiting: WaitingSignIn, other: SomebodyElse | None
) -> HttpResponse:
    """Sign the other one out, with all their sessions, and this person in."""
    if other is not None:
        with for_the_record():
            reason = _("%s signed in at the same terminal") % waiting.person
        actions.take_over(other.person.pk, by=waiting.person, reason=reason)
    request.session.flush()
    return flow.enter(request, waiting)


urlpatterns = [path("still-here/", still_here, name="still_here")]
