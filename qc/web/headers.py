"""Headers of every answer that no view sets."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from qc.web.middleware import Middleware


class HeadersMiddleware(Middleware):
    """Closes what no page of ours needs, and lets nobody store an answer.

    Answers hold names, tasks and tokens; a view whose answer may be stored says so itself.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with these headers set."""
        response = self.get_response(request)
        response.headers["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        response.headers.setdefault("Cache-Control", "no-store")
        return response
