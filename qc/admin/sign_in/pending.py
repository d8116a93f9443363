"""A sign-in that waits for a code, or for an answer; no password is kept."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from qc.admin.sign_in.forms import may_enter
from qc.models import User

KEY, SALT = "qc_waiting_sign_in", "qc.waiting_sign_in"
WAITS = timedelta(minutes=5)
# Of sign-ins for which no backend of ours checked a password.
PROVIDERS_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass
class WaitingSignIn:
    """Who signs in, and where they want to go.

    `proofs` are the ways in which they have shown who they are, as in `qc.web.proofs`. It waits for
    a second factor until it `is_proven`, then for the answer whether to sign out `other_id`.
    """

    person: User
    page: str
    proofs: list[str]
    is_proven: bool = False
    other_id: int = 0
    wrong_codes: int = 0
    begun: float = 0


def keep(request: HttpRequest, waiting: WaitingSignIn) -> None:
    """Keep a sign-in in the session: for WAITS from when it was first kept."""
    person: Any = waiting.person
    value = vars(waiting) | {
        "person": person.pk,
        "backend": getattr(person, "backend", PROVIDERS_BACKEND),
        "access": person.get_session_auth_hash(),
        "begun": waiting.begun or time.time(),
    }
    request.session[KEY] = signing.dumps(value, salt=SALT)


def find(request: HttpRequest, *, is_proven: bool) -> WaitingSignIn | None:
    """Return the sign-in that waits in this session for a code, or, if proven, for an answer.

    Returns None if there is none, it is too old, or its person's access has ended meanwhile.
    """
    try:
        value = signing.loads(request.session.get(KEY, ""), salt=SALT)
    except signing.BadSignature:
        return None
    backend, access = value.pop("backend"), value.pop("access")
    person: Any = User.objects.filter(pk=value["person"], is_active=True).first()
    if person is None or not may_enter(person):
        return None
    is_too_old = time.time() - value["begun"] > WAITS.total_seconds()
    if is_too_old or not constant_time_compare(person.get_session_auth_hash(), access):
        return None
    person.backend = backend
    waiting = WaitingSignIn(**value | {"person": person})
    return waiting if waiting.is_proven == is_proven else None


def drop(request: HttpRequest) -> None:
    """Let no sign-in wait any longer."""
    request.session.pop(KEY, None)
