"""Who may make which call of /api/v1/, and how often: people and service tokens."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api.authentication import TokenAuthentication
from qc.api.service_tokens import ServiceTokenAuthentication
from qc.api.views import DeskView
from qc.core.exceptions import NotAllowed
from qc.models import Scope, ServiceToken
from qc.web import rate_limits

POLICY = "default"


class LimitedView(DeskView):
    """A call that takes service tokens too; each caller has so many calls in a minute."""

    authentication_classes = (
        ServiceTokenAuthentication,
        TokenAuthentication,
        *DeskView.authentication_classes[1:],
    )
    # The scope that a service token needs, by method: a call without any is for people alone.
    scopes: ClassVar[Mapping[str, Scope]] = {}
    left: rate_limits.Left | None = None

    def check_permissions(self, request: Request) -> None:
        """Raise Throttled for too many calls, NotAllowed for a token without the scope."""
        super().check_permissions(request)
        self.left = rate_limits.take(_caller(request), settings.QC_API_PER_MINUTE)
        if self.left.is_too_much:
            raise Throttled(self.left.seconds)
        if isinstance(request.auth, ServiceToken) and request.method in self.allowed_methods:
            check_scope(request.auth, str(request.method), self.scopes)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add how many calls there may be, and how many are left."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        if self.left is not None:
            answer["RateLimit-Policy"] = f'"{POLICY}";q={self.left.most};w={rate_limits.WINDOW}'
            answer["RateLimit"] = f'"{POLICY}";r={self.left.calls};t={self.left.seconds}'
        return answer


def check_scope(token: ServiceToken, method: str, scopes: Mapping[str, Scope]) -> None:
    """Raise NotAllowed unless a service token has the scope of a method."""
    if method == "OPTIONS":
        return
    needed = scopes.get("GET" if method == "HEAD" else method)
    if needed is None:
        raise NotAllowed(_("This call is for people only: a service token may not make it."))
    if needed not in token.scopes:
        text = _("The service token %(name)s may not do this: it lacks the scope %(scope)s.")
        raise NotAllowed(text % {"name": token.name, "scope": needed.value})


def _caller(request: Request) -> str:
    """Return for whom calls are counted: a service token, or a person with all their tokens."""
    if isinstance(request.auth, ServiceToken):
        return f"token/{request.auth.pk}"
    return f"person/{request.user.pk}"
