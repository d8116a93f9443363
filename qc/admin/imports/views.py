"""*Imports*: upload a file, preview what it would do, follow the import, look it up later.

Managers import; managers and auditors see all imports. `qc.imports` reads, checks and writes; the
buttons are in `qc.admin.imports.actions`.
"""

from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from qc import imports, permissions, tables
from qc.admin.imports import actions, preview
from qc.admin.imports.forms import UploadForm
from qc.admin.imports.reading_forms import ReadingForm
from qc.admin.shared import downloads
from qc.admin.shared.access import page_view
from qc.admin.shared.params import is_id
from qc.exports import empty_files
from qc.history import events
from qc.imports import reader, storage, undo
from qc.imports.columns import COLUMNS, NEEDED
from qc.imports.notes import notes
from qc.imports.reading import Reading
from qc.models import EventKind, Import, ImportState, Queue
from qc.tables.cells import Fault
from qc.web.users import user_of

ON_A_PAGE = 50
# Large columns, which neither the list nor the panel shows.
LARGE = ("header", "mapping", "samples", "shown")
TABLE = "application/octet-stream"
# The last history rows of an import may be written a moment after it says that it finished.
AFTERWARDS = timedelta(minutes=1)

import_view = page_view("qc.view_historicaltask", after_sign_in="admin:imports")


@page_view("qc.view_historicaltask", after_sign_in="admin:imports", methods=["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show all imports, newest first, and to managers the form for a file; receive the file."""
    form = UploadForm(request)
    if request.method == "POST":
        if not permissions.is_manager(request.user):
            raise PermissionDenied
        if form.is_valid() and (record := _received(request, form)):
            return actions.redirect_after_run(request, record)
    return render(request, "qc/imports/list.html", _list_context(request, form))


def _list_context(request: HttpRequest, form: UploadForm) -> dict[str, Any]:
    may_import = permissions.is_manager(request.user)
    before = request.GET.get("before", "")
    records = Import.objects.select_related("by").defer(*LARGE).order_by("-pk")
    if is_id(before):
        records = records.filter(pk__lt=int(before))
    listed = list(records[: ON_A_PAGE + 1])
    return site.each_context(request) | {
        "title": _("Imports"),
        "form": form,
        "may_import": may_import,
        "lacks_queues": may_import and not Queue.objects.open().exists(),
        "records": listed[:ON_A_PAGE],
        "older": listed[ON_A_PAGE - 1].pk if len(listed) > ON_A_PAGE else None,
        "is_first": not before,
        "needed": NEEDED,
        "optional": [name for name in COLUMNS if name not in NEEDED],
        "most_rows": reader.MOST_ROWS,
        "most_bytes": settings.QC_IMPORT_BYTES,
    }


@import_view
def empty_file(request: HttpRequest, ending: str) -> HttpResponse | FileResponse:
    """Return an empty file with our headings, to be filled in and imported."""
    name = f"{_('tasks')}.{ending}"
    if ending == "xlsx":
        return downloads.workbook(empty_files.xlsx(), name)
    headers = {"Content-Disposition": content_disposition_header(True, name) or "attachment"}
    return HttpResponse(empty_files.csv(), content_type=downloads.CSV, headers=headers)


@import_view
def record_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one import: its format and columns, its effect, and its buttons."""
    record = get_object_or_404(Import.objects.select_related("by", "undone_by"), pk=pk)
    is_manager = permissions.is_manager(request.user)
    may_confirm = is_manager and record.by_id == request.user.pk and record.is_open
    # With an encoding, the page asks for the columns as they are in it: this one is being chosen.
    shown = imports.looked_at(record, request.GET.get("encoding", "")) if may_confirm else record
    form = ReadingForm(shown) if may_confirm else None
    fields = form.settings() if form else []
    columns = zip(record.header, record.mapping, strict=False)
    context = site.each_context(request) | {
        "title": _("Import of %s") % record.file_name,
        "record": record,
        "may_import": is_manager,
        "may_confirm": may_confirm,
        "form": form,
        "questions": form.questions() if form else [],
        "settings": [one for one in fields if shown is record or one.name != "encoding"],
        "faults": _unasked(shown, form),
        "notes": notes(record),
        "columns": form.columns() if form else [(*column, None) for column in columns],
        "tables": {} if record.is_running else preview.tables(record),
        "known": _earlier(record),
        "trail": _trail(record),
        "good_rows": record.rows - record.refused,
    }
    return render(request, "qc/imports/record.html", context)


@import_view
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the progress of a running import; when it has ended, the page reloads."""
    record = get_object_or_404(Import.objects.defer(*LARGE), pk=pk)
    context = {"record": record, "may_import": permissions.is_manager(request.user)}
    response = render(request, "qc/imports/panel.html", context)
    if not record.is_running:
        response.headers["HX-Refresh"] = "true"
    return response


@import_view
def undo_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to undo the import, or show what makes that impossible."""
    record = get_object_or_404(Import.objects.select_related("by"), pk=pk)
    if not (permissions.is_manager(request.user) and record.has_written):
        return redirect("admin:import", pk)
    context = site.each_context(request) | {
        "title": _("Undo %s") % record.file_name,
        "record": record,
        "obstacles": undo.obstacles(record),
        "looked": undo.LOOKED_AT,
    }
    return render(request, "qc/imports/undo.html", context)


@import_view
def file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Return the file as it was uploaded."""
    record = get_object_or_404(Import.objects.defer(*LARGE).filter(file_deleted_at=None), pk=pk)
    events.record(EventKind.EXPORTED, rows=record.rows, filters={"file": record.file_name})
    disposition = content_disposition_header(True, record.file_name) or "attachment"
    headers = {"Content-Disposition": disposition, "Content-Length": str(record.size)}
    return StreamingHttpResponse(storage.pieces(record), TABLE, headers=headers)


@import_view
def refused(request: HttpRequest, pk: int) -> FileResponse:
    """Return the refused rows as a file of the same format, each with what is wrong in it."""
    record = get_object_or_404(Import, pk=pk, file_deleted_at=None)
    events.record(EventKind.EXPORTED, rows=record.refused, filters={"file": record.file_name})
    written = SpooledTemporaryFile(storage.IN_MEMORY)  # noqa: SIM115 - closed when it is sent
    storage.write_refused(record, written)  # type: ignore[arg-type]
    written.seek(0)
    stem, dot, ending = record.file_name.rpartition(".")
    name = f"{stem or ending}-{_('refused')}{dot}{ending if stem else ''}"
    return FileResponse(written, as_attachment=True, filename=name, content_type=TABLE)


def _received(request: HttpRequest, form: UploadForm) -> Import | None:
    uploaded = form.cleaned_data["file"]
    try:
        chosen = Reading(values=form.values)
        return imports.receive(uploaded.file, uploaded.name, by=user_of(request), chosen=chosen)
    except tables.BadFile as refusal:
        form.add_error("file", str(refusal))
        return None


def _unasked(record: Import, form: ReadingForm | None) -> list[Fault]:
    """Return the faults of the columns that no question is about."""
    asked = (
        {"reference" if one.name == "key" else one.item for one in form.asked.values()}
        if form
        else ()
    )
    return [fault for fault in imports.mapping_faults(record) if fault.column not in asked]


def _earlier(record: Import) -> Import | None:
    is_known = record.state == ImportState.READY and not record.good and not record.refused
    return imports.known(record) if is_known else None


def _trail(record: Import) -> str:
    """Return the address of all its changes in the audit trail; "" if it has made none."""
    if record.last_history is None or record.confirmed_at is None:
        return ""
    until = (record.finished_at or timezone.now()) + AFTERWARDS
    span = {"since": record.confirmed_at, "until": until}
    params = {name: moment.isoformat() for name, moment in span.items()}
    return f"{reverse('admin:trail')}?{urlencode({'request': record.request_id, **params})}"


urlpatterns = [
    path("imports/", page, name="imports"),
    re_path(r"^imports/empty\.(?P<ending>csv|xlsx)$", empty_file, name="import_empty_file"),
    path("imports/<int:pk>/", record_page, name="import"),
    path("imports/<int:pk>/panel/", panel, name="import_panel"),
    path("imports/<int:pk>/file/", file, name="import_file"),
    path("imports/<int:pk>/refused/", refused, name="import_refused"),
    path("imports/<int:pk>/undo/", undo_page, name="import_undo"),
    *actions.urlpatterns,
]
