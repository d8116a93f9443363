"""How people have shown who they are, and how long ago.

What can do much harm asks for a new proof when the last one is older than a few minutes: somebody
else may sit at an open session.
"""

from collections.abc import Sequence

from allauth.account import app_settings
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest
from django.utils import timezone

PASSWORD, PROVIDER = "password", "provider"
# The provider says that it has asked for a second factor.
PROVIDER_MFA = "provider_mfa"
# The moment of the last proof, in the session.
PROVEN_AT = "qc_proven_at"


def given(request: HttpRequest, proofs: Sequence[str]) -> None:
    """Note by which proofs the session begins that this request is about to begin."""
    request.proofs = list(proofs)  # type: ignore[attr-defined]


def of(request: HttpRequest) -> list[str]:
    """Return by which proofs a session or token begins in this request."""
    return getattr(request, "proofs", [])


def given_at(request: HttpRequest, moment: float) -> None:
    """Note that the provider was shown who it is at this moment, not now: it may have known."""
    request.proven_at = moment  # type: ignore[attr-defined]


def note(request: HttpRequest) -> None:
    """Note in the session that its person has just shown who they are, or when a provider was."""
    now = timezone.now().timestamp()
    request.session[PROVEN_AT] = min(now, getattr(request, "proven_at", now))


def is_recent(request: HttpRequest) -> bool:
    """Return whether that was a few minutes ago at most."""
    age = timezone.now().timestamp() - request.session.get(PROVEN_AT, 0)
    return age < app_settings.REAUTHENTICATION_TIMEOUT


def check(request: HttpRequest) -> None:
    """Raise ReauthenticationRequired unless it `is_recent`; a page then asks for a proof."""
    if not is_recent(request):
        raise ReauthenticationRequired
