"""Signing in and out, with a question where it would take somebody's work away unseen."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qc.admin.sign_in import pending, terminal
from qc.admin.sign_in.forms import SignInForm
from qc.admin.sign_in.pending import WaitingSignIn
from qc.admin.sign_in.terminal import SomebodyElse
from qc.core.localization import for_the_record
from qc.models import Task, User
from qc.web.refusals import whole_page
from qc.work import actions


class SignInView(LoginView):
    """Signs in; where somebody else is still signed in, it asks about them first."""

    authentication_form = SignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in the person whose password was right, or go to the question."""
        person = form.get_user()
        other = terminal.somebody_else(self.request, person)
        if other is None:
            login(self.request, person)
            return _enter(person, self.get_success_url())
        pending.keep(self.request, person, other.person, self.get_success_url())
        return redirect("admin:still_here")


@never_cache
@require_http_methods(["GET", "POST"])
def still_here(request: HttpRequest) -> HttpResponse:
    """Ask whether to sign out who is still here, and do so. Only after a valid password."""
    waiting = pending.find(request)
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
        pending.keep(request, waiting.person, other.person, waiting.page)
        return redirect("admin:still_here")
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
    login(request, waiting.person)
    return _enter(waiting.person, waiting.page)


def _enter(person: User, page: str) -> HttpResponse:
    response = HttpResponseRedirect(page)
    terminal.remember(response, person)
    return response


urlpatterns = [path("still-here/", still_here, name="still_here")]
