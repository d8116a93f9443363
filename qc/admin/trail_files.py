"""The audit trail as a file: all that the page's filters find, streamed.

Before any of it leaves, the trail itself has who takes it along: so a file of everything begins
with its own export.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_GET

from qc import events, trail_export
from qc.admin import files
from qc.admin.guards import guarded
from qc.admin.trail import LONGEST
from qc.admin.trail_form import TrailForm
from qc.events import EventKind
from qc.trail_filters import Asked

PAGE = "admin:trail"
FILES: dict[str, tuple[Callable[[Asked], Iterator[bytes]], str]] = {
    "csv": (trail_export.csv, files.CSV),
    "jsonl": (trail_export.json_lines, files.JSON_LINES),
}


def urls(site: Any) -> list[URLPattern]:
    """Gives the addresses of the files, for the admin site to include."""

    def inside(ending: str) -> Any:
        view: Any = require_GET(partial(export, ending))
        exporting = guarded(site, "qc.export_task", PAGE, view)
        return guarded(site, "qc.view_historicaltask", PAGE, exporting)

    return [
        path(f"trail/trail.{ending}", inside(ending), name=f"trail_{ending}") for ending in FILES
    ]


def export(ending: str, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Gives the file; what can't be asked is said on the page."""
    form = TrailForm(request)
    if not form.is_valid():
        return HttpResponseRedirect(f"{reverse(PAGE)}?{request.GET.urlencode()}")
    write, kind = FILES[ending]
    asked = {name: value[:LONGEST] for name, value in form.told().items()}
    events.record(EventKind.EXPORTED, filters=asked, format=ending)
    return files.streamed(write(form.asked()), files.named("audit-trail", ending), kind)
