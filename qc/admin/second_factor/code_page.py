"""The page at sign-in that asks for the second factor of who has one."""

from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qc.admin.second_factor.forms import FactorForm
from qc.admin.sign_in import flow, pending
from qc.admin.sign_in.pending import WaitingSignIn
from qc.audit import second_factors
from qc.models import User
from qc.web.refusals import whole_page

# So many wrong codes end a sign-in that waits.
MOST_WRONG = 5


@never_cache
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Ask for a code or a key; go on with the sign-in when it is right."""
    waiting = pending.find(request, is_proven=False)
    if waiting is None:
        return _again(request, _("This took too long. Please sign in again."))
    form = FactorForm(request.POST or None, request=request, person=waiting.person)
    if form.is_valid():
        waiting.proofs.append(form.proof)
        return flow.ask_or_enter(request, waiting)
    if form.is_bound:
        return _count(request, waiting, form)
    return _show(request, waiting.person, form)


def key_options(person: User) -> dict[str, Any] | None:
    """Return what the browser needs to ask for one of somebody's keys, None if there is none."""
    try:
        return webauthn.begin_authentication(person) if webauthn.get_credentials(person) else None
    except second_factors.UNREADABLE:
        return None


def _count(request: HttpRequest, waiting: WaitingSignIn, form: FactorForm) -> HttpResponse:
    waiting.wrong_codes += 1
    if waiting.wrong_codes >= MOST_WRONG:
        return _again(request, _("Too many wrong codes. Please sign in again."))
    pending.keep(request, waiting)
    return _show(request, waiting.person, form)


def _show(request: HttpRequest, person: User, form: FactorForm) -> HttpResponse:
    context = {"form": form, "person": person, "key_options": key_options(person)}
    return whole_page(request, "qc/second_factor/code.html", context)


def _again(request: HttpRequest, text: str) -> HttpResponse:
    pending.drop(request)
    messages.warning(request, text)
    return redirect("admin:login")
