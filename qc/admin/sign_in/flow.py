"""How a sign-in goes on once it is known who somebody is, by a password or from a provider.

First the second factor of those who have one, then the question about somebody who is still signed
in at the same terminal, then the session begins.
"""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from qc.admin.sign_in import pending, terminal
from qc.admin.sign_in.forms import may_enter
from qc.admin.sign_in.pending import PROVIDERS_BACKEND, WaitingSignIn
from qc.audit import second_factors
from qc.models import User
from qc.web import proofs


def go_on(request: HttpRequest, person: User, page: str, *, proof: str) -> HttpResponse:
    """Return the next step of a sign-in by `proof`, one of those in `qc.web.proofs`.

    At its end the person comes to `page`. Nobody without a role comes in.
    """
    if not may_enter(person):
        messages.error(request, _("You have no role yet. Please ask a manager for one."))
        return redirect("admin:login")
    waiting = WaitingSignIn(person, page, [proof])
    if not second_factors.has_one(person):
        return ask_or_enter(request, waiting)
    pending.keep(request, waiting)
    return redirect("mfa_authenticate")


def ask_or_enter(request: HttpRequest, waiting: WaitingSignIn) -> HttpResponse:
    """Sign in who has proven it, or go to the question about somebody who is still here."""
    other = terminal.somebody_else(request, waiting.person)
    if other is None:
        return enter(request, waiting)
    pending.keep(request, replace(waiting, is_proven=True, other_id=other.person.pk))
    return redirect("admin:still_here")


def enter(request: HttpRequest, waiting: WaitingSignIn) -> HttpResponse:
    """Begin the session, and lead to the page."""
    person: Any = waiting.person
    pending.drop(request)
    proofs.given(request, waiting.proofs)
    login(request, person, getattr(person, "backend", PROVIDERS_BACKEND))
    response = HttpResponseRedirect(waiting.page)
    terminal.remember(response, person)
    return response
