"""How callers prove who they are, in the schema. Loaded by `qc.api.schema.hooks`."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension


class Token(OpenApiAuthenticationExtension):
    """The token of a person, from signing in."""

    target_class = "qc.api.authentication.TokenAuthentication"
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, of a person who has signed in by POST /login/.",
        }


class ServiceToken(OpenApiAuthenticationExtension):
    """The token of a machine, made by an administrator."""

    target_class = "qc.api.service_tokens.ServiceTokenAuthentication"
    name = "service"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Of a machine, for /api/v1/: it may do what its scopes say.",
        }


class Session(OpenApiAuthenticationExtension):
    """The session of a person on the pages."""

    target_class = "rest_framework.authentication.SessionAuthentication"
    name = "session"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return what is sent."""
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of the pages; what changes something needs the header "
            "`X-CSRFToken` too.",
        }
