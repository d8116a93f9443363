"""How files are handed to a browser: in parts, to be saved under a name."""

from collections.abc import Iterator
from typing import IO

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON = "application/json"
JSON_LINES = "application/x-ndjson"


def named(word: str, ending: str) -> str:
    """Return a file's name, with the day."""
    return f"{word}-{timezone.localdate()}.{ending}"


def streamed(parts: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """Hand out a file as its parts are made."""
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(parts, content_type=kind, headers=head)


def workbook(file: IO[bytes], name: str) -> FileResponse:
    """Hand out a workbook that is made."""
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
