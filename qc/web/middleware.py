"""What every request tells the domain: who acts, through what, and that they are there."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from qc.core.context import Channel, acting, current_channel
from qc.core.exceptions import Busy
from qc.core.localization import as_wished
from qc.core.request_id import request_id, taken_or_made
from qc.models import User
from qc.work import presence

HEADER = "X-Request-ID"


class RequestIdMiddleware:
    """Gives each request an id, which its answer, its log lines and its history rows bear.

    A proxy's own is taken over, so that its log and ours can be laid side by side.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request under its id."""
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
        """Answer the request with its origin set."""
        channel = Channel.PAGE if request.path.startswith("/admin/") else Channel.API
        user = request.user if isinstance(request.user, User) else None
        if user is not None:
            presence.seen(user)
        with acting(channel, user):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer in plain words when a page lost too many races for a lock."""
        return render(request, "qc/web/busy.html", status=503) if isinstance(error, Busy) else None


class WishesMiddleware:
    """Shows pages in the language and the time zone of who asks; the API speaks UTC to all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request as the person wishes."""
        user = request.user
        if current_channel() != Channel.PAGE or not isinstance(user, User):
            return self.get_response(request)
        with as_wished(user.language, user.time_zone):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", get_language())
        return response
