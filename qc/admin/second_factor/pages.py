"""The pages on which people set up and remove their own second factors."""

import base64
from functools import wraps
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from qc.admin.second_factor.forms import AppForm, KeyForm, KeyNameForm
from qc.admin.shared.access import View, page_view
from qc.audit import second_factors
from qc.core.exceptions import QCError
from qc.models import User
from qc.web import proofs
from qc.web.second_factors import NEEDS_ONE, source
from qc.web.users import user_of


def proven_page(view: View) -> View:
    """Return a page of ours that is open to those who have shown recently who they are."""

    @page_view(after_sign_in="mfa_index", methods=["GET", "POST"])
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        proofs.check(request)
        return view(request, *args, **kwargs)

    return inner


@page_view(after_sign_in="mfa_index")
def index(request: HttpRequest) -> HttpResponse:
    """Show one's second factors, and how many recovery codes are left."""
    context = summary(user_of(request))
    context |= {"is_due": NEEDS_ONE in request.session}
    return _show(request, "index", _("Second factor"), context)


def summary(person: User) -> dict[str, Any]:
    """Return what pages show of a person's second factors."""
    factors, codes_left = second_factors.overview(person)
    has_app = any(one.type == second_factors.APP for one in factors)
    return {"factors": factors, "has_app": has_app, "codes_left": codes_left}


@proven_page
def add_app(request: HttpRequest) -> HttpResponse:
    """Show a new secret, as a picture and a text, and add it once a code of it was right."""
    person: Any = request.user
    form = AppForm(user=person, data=request.POST or None)
    if form.is_valid():
        clear_totp_secret(request)
        secret, code = form.secret, form.cleaned_data["code"]
        return _change(request, second_factors.add_app, secret, code, source(request))
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(person, form.secret))
    shown = base64.b64encode(picture.encode()).decode()
    context = {"form": form, "picture": f"data:image/svg+xml;base64,{shown}"}
    return _show(request, "app", _("Add an authenticator app"), context)


@proven_page
def add_key(request: HttpRequest) -> HttpResponse:
    """Add a security key or a passkey, which the browser asks for."""
    form = KeyForm(user=request.user, data=request.POST or None)
    if form.is_valid():
        name, credential = form.cleaned_data["name"], form.cleaned_data["credential"]
        return _change(request, second_factors.add_key, name, credential, source(request))
    context = {"form": form, "key_options": webauthn.begin_registration(request.user, False)}
    return _show(request, "add_key", _("Add a security key"), context)


@proven_page
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a key, or remove a key or an app."""
    factor = second_factors.of(user_of(request)).filter(pk=pk).first()
    if factor is None:
        raise Http404
    if "remove" in request.POST:
        return _change(request, second_factors.remove, pk, source(request))
    is_key = factor.type == second_factors.KEY
    form = KeyNameForm(request.POST or None, initial={"name": factor.data.get("name", "")})
    if is_key and form.is_valid():
        return _rename(request, pk, form.cleaned_data["name"])
    context = {"form": form if is_key else None, "factor": factor}
    title = factor.data.get("name") or _("Authenticator app")
    return _show(request, "edit", title, context)


@proven_page
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Show the recovery codes, once; a POST makes new ones first."""
    person: Any = request.user
    if request.method == "POST" and second_factors.has_one(person):
        second_factors.make_recovery_codes(person.pk, source(request))
        return redirect("mfa_view_recovery_codes")
    codes = second_factors.show_recovery_codes(person.pk)
    if not codes:
        return redirect("mfa_index")
    context = {"codes": codes, "as_file": "".join(f"{code}\n" for code in codes)}
    return _show(request, "recovery_codes", _("Recovery codes"), context)


def _change(request: HttpRequest, change: Any, *values: Any) -> HttpResponse:
    """Change one's own factors, let this session go on, and lead to codes not shown yet."""
    try:
        person = change(request.user.pk, *values)
    except QCError as refusal:
        messages.error(request, str(refusal))
        return redirect("mfa_index")
    request.session.pop(NEEDS_ONE, None)
    update_session_auth_hash(request, person)
    messages.success(request, _("Saved. All your other sessions and tokens have ended."))
    return redirect("mfa_view_recovery_codes")


def _rename(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    try:
        second_factors.rename(user_of(request).pk, pk, name, source(request))
    except QCError as refusal:
        messages.error(request, str(refusal))
    return redirect("mfa_index")


def _show(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    context = site.each_context(request) | {"title": title} | context
    return render(request, f"qc/second_factor/{name}.html", context)
