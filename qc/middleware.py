"""What every request tells the domain: who acts, through what, and that they are there."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qc import presence
from qc.exceptions import Busy
from qc.models import User
from qc.origin import Through, acting
from qc.request_id import request_id, taken_or_made

HEADER = "X-Request-ID"


class RequestIdMiddleware:
    """Gives each request an id, which its answer, its log lines and its history rows bear.

    A proxy's own is taken over, so that its log and ours can be laid side by side.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request under its id."""
        name = taken_or_made(request.headers.get(HEADER, ""))
        request.request_id = name  # type: ignore[attr-defined]
        with request_id(name):
            response = self.get_response(request)
        response.headers[HEADER] = name
        return response


class OriginMiddleware:
    """Names the person and the way for history rows, and keeps the person seen.

    Who comes with a token is known only inside the API's own views: `qc.api.views.DeskView`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answers the request with its origin set."""
        through = Through.PAGE if request.path.startswith("/admin/") else Through.API
        user = request.user if isinstance(request.user, User) else None
        if user is not None:
            presence.seen(user)
        with acting(through, user):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers in plain words when a page lost too many races for a lock."""
        return render(request, "qc/busy.html", status=503) if isinstance(error, Busy) else None
