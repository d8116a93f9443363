"""Codes and security keys that requests bring; wrong ones count like wrong passwords."""

import json
from typing import Any

from allauth.mfa.webauthn.internal import auth as webauthn
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from qc import permissions
from qc.audit import second_factors
from qc.audit.second_factors import KEY
from qc.models import User
from qc.web import proofs
from qc.web.addresses import client_address
from qc.web.devices import device

# What `failed` in `qc.web.sign_ins` reads, to record what it was that failed.
IS_FACTOR = "second_factor"
SET_ONE_UP = _("Your account must have a second factor. Set one up on the pages first.")
# In the session of somebody who must have a second factor and has none yet.
NEEDS_ONE = "qc_needs_second_factor"


def source(request: HttpRequest) -> dict[str, Any]:
    """Return the address and the device that a request came with."""
    return {"device": device(request), "address": client_address(request)}


def demand(request: HttpRequest, person: User) -> None:
    """Note in a session that begins whether its person must set up a second factor first.

    Not whom the provider of single sign-on has asked for one.
    """
    request.session.pop(NEEDS_ONE, None)
    if proofs.PROVIDER_MFA in proofs.of(request):
        return
    if permissions.must_have_second_factor(person) and not second_factors.has_one(person):
        request.session[NEEDS_ONE] = True


def accept_code(request: HttpRequest, person: User, code: str) -> str:
    """Use up a code; return the type of its factor, "" if it is wrong or the person locked out."""
    if _is_locked(request, person):
        return ""
    return second_factors.use_code(person, code, source(request)) or _fail(request, person)


def accept_key(request: HttpRequest, person: User, credential: str) -> str:
    """Check what a security key answered; return as `accept_code`."""
    if _is_locked(request, person):
        return ""
    try:
        webauthn.complete_authentication(person, json.loads(credential)).record_usage()
    except (ValidationError, AttributeError, KeyError, TypeError, ValueError):
        return _fail(request, person)
    return str(KEY)


def is_locked_out(request: HttpRequest) -> bool:
    """Return whether this request's person or address has failed too often."""
    return bool(getattr(request, "axes_locked_out", False))


def _is_locked(request: HttpRequest, person: User) -> bool:
    if AxesProxyHandler.is_allowed(request, {"username": person.username}):
        return False
    request.axes_locked_out = True  # type: ignore[attr-defined]
    _fail(request, person)
    return True


def _fail(request: HttpRequest, person: User) -> str:
    credentials = {"username": person.username, IS_FACTOR: True}
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return ""
