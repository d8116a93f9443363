"""A sign-in with a valid password that waits for an answer; the password itself is not kept."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from qc.admin.sign_in.forms import may_enter
from qc.models import User

KEY, SALT = "qc_waiting_sign_in", "qc.waiting_sign_in"
WAITS = timedelta(minutes=2)


@dataclass
class WaitingSignIn:
    """Who signs in, whom they must sign out first, and where they want to go."""

    person: User
    other_id: int
    page: str


def keep(request: HttpRequest, person: Any, other: User, page: str) -> None:
    """Keep a sign-in in the session for a short time."""
    value = {
        "person": person.pk,
        "backend": person.backend,
        "access": person.get_session_auth_hash(),
        "other": other.pk,
        "page": page,
    }
    request.session[KEY] = signing.dumps(value, salt=SALT)


def find(request: HttpRequest) -> WaitingSignIn | None:
    """Return the sign-in that waits in this session; None if there is none or it is too old."""
    try:
        value = signing.loads(request.session.get(KEY, ""), salt=SALT, max_age=WAITS)
    except signing.BadSignature:
        return None
    person: Any = User.objects.filter(pk=value["person"], is_active=True).first()
    if person is None or not may_enter(person):
        return None
    if not constant_time_compare(person.get_session_auth_hash(), value["access"]):
        return None
    person.backend = value["backend"]
    return WaitingSignIn(person, value["other"], value["page"])


def drop(request: HttpRequest) -> None:
    """Let no sign-in wait any longer."""
    request.session.pop(KEY, None)
