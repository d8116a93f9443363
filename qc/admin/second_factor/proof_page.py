"""The page that asks people who are signed in to show once more who they are."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from qc.admin.second_factor.code_page import key_options
from qc.admin.second_factor.forms import FactorForm, PasswordForm
from qc.admin.shared.access import page_view
from qc.admin.shared.dialogs import next_page
from qc.admin.sign_in import ways_in
from qc.audit import second_factors
from qc.web import proofs
from qc.web.refusals import whole_page


@page_view(after_sign_in="admin:index", methods=["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Ask for the password, a second factor or the provider; then lead back to where it was due."""
    person: Any = request.user
    forms = {
        "password_form": PasswordForm if ways_in.has_password(person) else None,
        "factor_form": FactorForm if second_factors.has_one(person) else None,
    }
    sent = "password_form" if "password" in request.POST else "factor_form"
    shown = {
        name: form(request.POST if request.POST and name == sent else None, **_whose(request))
        for name, form in forms.items()
        if form
    }
    page = next_page(request, reverse("admin:index"))
    if sent in shown and shown[sent].is_valid():
        proofs.note(request)
        return HttpResponseRedirect(page)
    context = {"person": person, "key_options": key_options(person), **shown}
    context |= {"provider": ways_in.provider_of(person), "page": page}
    return whole_page(request, "qc/second_factor/proof.html", context)


def _whose(request: HttpRequest) -> dict[str, Any]:
    return {"request": request, "person": request.user}
