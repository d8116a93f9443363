"""Responses that a browser saves as a file."""

from collections.abc import Iterator
from typing import IO

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"
JSON_LINES = "application/x-ndjson"


def named(stem: str, ending: str) -> str:
    """Return a file name with today's date."""
    return f"{stem}-{timezone.localdate()}.{ending}"


def streamed(parts: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """Return a file that is sent part by part as it is made."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    # For nginx: pass it on as it comes, and do not collect it.
    headers["X-Accel-Buffering"] = "no"
    return StreamingHttpResponse(parts, content_type=kind, headers=headers)


def workbook(file: IO[bytes], name: str) -> FileResponse:
    """Return a finished workbook."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
