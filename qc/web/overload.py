"""Refuses what waited too long for a thread: who asked may have gone, and others wait behind it."""

from django.http import HttpRequest, HttpResponse

from qc.core.overload import is_late
from qc.web import errors
from qc.web.middleware import Middleware


class OverloadMiddleware(Middleware):
    """Answers 503 with `Retry-After` to a request that waited too long, before any work is done."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return errors.overloaded(request) if is_late() else self.get_response(request)
