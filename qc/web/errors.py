"""Answers to errors that no view answers: to pages in words, to other programs as JSON."""

import logging
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from qc.core.log_lines import current_fields
from qc.core.request_id import current_request_id
from qc.core.transactions import DATABASE_AWAY
from qc.web import problems
from qc.web.addresses import client_address

REFUSED = (400, 403)
UNAVAILABLE = 503
# After so many seconds another program may try again.
RETRY_AFTER = 5


class WithoutTraceback(logging.Filter):
    """Leaves one line of a failure that lies with the database: its traceback says no more."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the traceback of such an error by its text."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, DATABASE_AWAY):
            record.msg, record.args = f"{record.getMessage()}: {error}", ()
            record.exc_info = record.exc_text = None
            # For whoever looks at the record after this.
            record.database_error = error
        return True


class WithoutProbes(logging.Filter):
    """Keeps out what probes say, since whoever asks every few seconds has it; not their errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is to be logged."""
        is_probe = getattr(getattr(record, "request", None), "is_probe", False)
        return bool(record.exc_info) or not is_probe


class RefusalsInOneLine(logging.Filter):
    """Says of a refused request whose it was and from where. Nothing failed, so no traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add person and address to such a line."""
        request = getattr(record, "request", None)
        is_refusal = getattr(record, "status_code", 0) in REFUSED and not hasattr(record, "address")
        if is_refusal and isinstance(request, HttpRequest):
            record.exc_info = record.exc_text = None
            # Never asks the database: on a page the context knows them, later the request.
            person = current_fields().get("person") or getattr(request, "person", None)
            address = client_address(request)
            vars(record).update(person=person, address=address)
            text = f"{record.getMessage()} (person {person or '-'}, from {address or '-'})"
            record.msg, record.args = text, ()
        return True


def is_for_programs(request: HttpRequest) -> bool:
    """Return whether a request is one of the API's."""
    return not request.path.startswith("/admin/") and request.path != "/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that the address, or what was sent, asks for something that can't be had."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    text = _("The address, or what was sent, asks for what can't be had. Nothing was changed.")
    to_do = _("Go back to the page that you came from, load it again and repeat what you did.")
    return _answer(request, 400, _("Not understood"), text, to_do)


def too_large(request: HttpRequest) -> HttpResponse:
    """Say that what was sent is too large, and how large it may be."""
    most = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    text = _("What was sent is too large: at most %s are allowed. Nothing was changed.") % most
    return _answer(request, 413, _("Too large"), text, again=False)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error: 503 where the database is away, else 500."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        return unavailable(request)
    text = _("Something went wrong. It has been logged.")
    to_do = _("Try again. If it happens again, tell whoever looks after QC Desk what you did.")
    # The log has it in each line of the request.
    number = current_request_id() or getattr(request, "request_id", "")
    return _answer(request, 500, _("Something went wrong"), text, to_do, number=number)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Say that the database is away and that nothing was changed."""
    text = _("The database can't be reached. Nothing was changed; please try again in a moment.")
    return _try_again(request, text)


def overloaded(request: HttpRequest) -> HttpResponse:
    """Say that too much is asked at once, and that nothing was changed."""
    text = _("Too much is asked at once. Nothing was changed; please try again in a moment.")
    return _try_again(request, text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is no such page."""
    to_do = _("What it was about may have been deleted, or may not be yours to see.")
    title = _("There is no such page")
    return _answer(request, 404, title, _("Please check the address."), to_do, again=False)


def _try_again(request: HttpRequest, text: str) -> HttpResponse:
    response = _answer(request, UNAVAILABLE, _("Not available right now"), text)
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _answer(  # noqa: PLR0913
    request: HttpRequest,
    status: int,
    title: str,
    text: str,
    to_do: str = "",
    *,
    again: bool = True,
    number: str = "",
) -> HttpResponse:
    """Return the answer; `to_do`, whether to try `again` and the `number` are for people only."""
    if is_for_programs(request):
        return _to_program(request, status, text)
    context = {"title": title, "text": text, "to_do": to_do, "again": again, "number": number}
    # Without the request: whoever it is would have to be read from the database.
    page = render_to_string("qc/web/error.html", context)
    return HttpResponse(page, status=status)


def _to_program(request: HttpRequest, status: int, text: str) -> HttpResponse:
    detail = {"detail": text}
    if not problems.are_meant(request):
        return JsonResponse(detail, status=status)
    body = problems.problem(status, detail)
    return JsonResponse(body, status=status, content_type=problems.CONTENT_TYPE)
