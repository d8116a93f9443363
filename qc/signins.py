"""Signing in to and out of the pages, told to presence."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qc import desk, presence
from qc.models import User
from qc.origin import Through, current_through

TOO_MANY = 429


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Gives what django-axes answers after too many failures: the API has said so already."""
    if response.status_code == TOO_MANY:
        return response
    minutes = settings.AXES_COOLOFF_TIME.seconds // 60
    return render(request, "qc/locked_out.html", {"minutes": minutes}, status=TOO_MANY)


def connect() -> None:
    """Connects Django's sign-in signals; called once, when the application starts."""
    user_logged_in.connect(signed_in, dispatch_uid="qc_signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="qc_signed_out")


def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody signed in: they are there, get work, and are told what they lost meanwhile."""
    was_away = not user.takes_work
    desk.sign_in(user.pk)
    if was_away and current_through() == Through.PAGE:
        for lost in presence.lost_while_away(user):
            messages.warning(request, lost)


def signed_out(user: User | None, **_: Any) -> None:
    """Somebody signed out: they are gone, and their tasks return."""
    if user is not None:
        desk.sign_out(user.pk, by=user, reason="signed out")
