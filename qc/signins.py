"""Signing in to and out of the pages, told to presence."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out

from qc import desk
from qc.models import User


def connect() -> None:
    """Connects Django's sign-in signals; called once, when the application starts."""
    user_logged_in.connect(signed_in, dispatch_uid="qc_signed_in")
    user_logged_out.connect(signed_out, dispatch_uid="qc_signed_out")


def signed_in(user: User, **_: Any) -> None:
    """Somebody signed in: they are there, and get work."""
    desk.sign_in(user.pk)


def signed_out(user: User | None, **_: Any) -> None:
    """Somebody signed out: they are gone, and their tasks return."""
    if user is not None:
        desk.sign_out(user.pk, by=user, reason="signed out")
