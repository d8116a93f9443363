"""Files as answers: never run, never guessed, kept by a browser that asks each time."""

import logging
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from qc.checks.evidence import storage
from qc.models import Evidence, ItemPicture

logger = logging.getLogger(__name__)

# Encoded by ourselves: browsers may show them. What others made is saved as a file.
SHOWN = ("image/jpeg", "image/png")
THUMBNAIL = "image/jpeg"
HEADERS = {
    # Whatever is in it: no script, no frame, no request.
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Stored, and asked for each time: who may see it now is known here only.
    "Cache-Control": "private, no-cache",
}


def of_file(request: HttpRequest, row: Evidence | ItemPicture) -> HttpResponseBase:
    """Return a file, piece by piece."""
    kind = {"content_type": row.content_type, "as_attachment": row.content_type not in SHOWN}
    return _answer(request, row.file, row.digest, filename=row.name, **kind)


def of_thumbnail(request: HttpRequest, row: Evidence | ItemPicture) -> HttpResponseBase:
    """Return the thumbnail of a picture; where it is gone, the picture itself."""
    if not row.thumbnail:
        raise Http404
    try:
        return _answer(request, row.thumbnail, f"{row.digest}-small", content_type=THUMBNAIL)
    except Http404:
        return of_file(request, row)


def _answer(request: HttpRequest, stored: str, version: str, **response: Any) -> HttpResponseBase:
    """Return a stored file as a response made with these values; 304 if the browser has it."""
    etag = quote_etag(version)
    answer: Any = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = FileResponse(_opened(stored), **response)
    for name, value in {**HEADERS, "ETag": etag}.items():
        answer.headers[name] = value
    return answer


def _opened(stored: str) -> Any:
    try:
        return storage.files().open(stored)
    except FileNotFoundError as error:
        logger.error("the file %s is not in the storage", stored)
        raise Http404 from error
