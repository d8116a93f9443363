"""Middleware: sets the id, user, channel, language and time zone of every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from qc.core.context import Channel, acting, current_channel
from qc.core.exceptions import Busy
from qc.core.localization import localized
from qc.core.log_lines import log_fields
from qc.core.request_id import accept_or_create, request_id
from qc.models import User
from qc.web import sign_ins
from qc.web.refusals import FORBIDDEN, whole_page
from qc.work import presence

HEADER = "X-Request-ID"
# Set by qc/static/qc/shared/activity.js: "no" when a page asks by itself and nobody has touched it.
ACTIVE = "QC-Active"


class Middleware:
    """The base of all middleware here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response


class RequestIdMiddleware(Middleware):
    """Sets a request's id, which its answer, its log lines and its history rows have.

    That of a proxy is accepted, so that its log and ours can be compared.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with its id set."""
        name = accept_or_create(request.headers.get(HEADER, ""))
        request.request_id = name  # type: ignore[attr-defined]
        with request_id(name):
            response = self.get_response(request)
        response.headers[HEADER] = name
        return response


class ContextMiddleware(Middleware):
    """Sets user and channel for history rows, and notes that the user was seen.

    What a page asks by itself is not seen, nor is who may not do what they ask for. Users with a
    token are known only inside the API's views: `qc.api.views.DeskView`.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request with user and channel set."""
        channel = Channel.PAGE if request.path.startswith("/admin/") else Channel.API
        user = request.user if isinstance(request.user, User) else None
        with acting(channel, user), log_fields(person=user.pk if user else None):
            response = self.get_response(request)
        if isinstance(request.user, User):
            # For the log: a token's user is known only now.
            request.person = request.user.pk  # type: ignore[attr-defined]
        is_by_person = request.headers.get(ACTIVE) != "no"
        if is_by_person and response.status_code != FORBIDDEN and isinstance(request.user, User):
            presence.seen(request.user)
            sign_ins.note_use(request)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page "busy" after too many lost races for locks."""
        return whole_page(request, "qc/web/busy.html", {}, 503) if isinstance(error, Busy) else None


class LocalizationMiddleware(Middleware):
    """Shows pages in the language and time zone of their user; the API speaks UTC to all."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the user's language and time zone."""
        user = request.user
        if current_channel() != Channel.PAGE or not isinstance(user, User):
            return self.get_response(request)
        with localized(user.language, user.time_zone):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", get_language())
        return response
