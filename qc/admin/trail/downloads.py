"""The audit trail as a file: all rows that the page's filters find, streamed.

The export is recorded in the trail first, so a file with reads and exports begins with its own. It
is recorded even if the rows then don't fit into a workbook.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse

from qc.admin.shared import downloads
from qc.admin.shared.access import page_view
from qc.admin.trail.form import TrailForm
from qc.exports import trail as trail_export
from qc.exports.formats import NoTable
from qc.history import events
from qc.models import EventKind

PAGE = "admin:trail"


@page_view("qc.view_historicaltask", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponse | StreamingHttpResponse:
    """Return the file; go to the page if a filter is wrong or the rows don't fit."""
    form, page = TrailForm(request), f"{reverse(PAGE)}?{request.GET.urlencode()}"
    if not form.is_valid():
        return HttpResponseRedirect(page)
    events.record(EventKind.EXPORTED, filters=form.recorded(), format=ending)
    query, name = form.query(), downloads.named("audit-trail", ending)
    if ending == "csv":
        return downloads.streamed(trail_export.csv(query), name, downloads.CSV)
    if ending == "jsonl":
        return downloads.streamed(trail_export.json_lines(query), name, downloads.JSON_LINES)
    try:
        return downloads.workbook(trail_export.xlsx(query), name)
    except NoTable as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(page)


urlpatterns = [
    path(f"trail/trail.{ending}", export, {"ending": ending}, name=f"trail_{ending}")
    for ending in ("csv", "xlsx", "jsonl")
]
