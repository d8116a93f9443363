"""import-export's two buttons on the task list: its export page, and the way to our imports."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.admin import ImportExportMixin
from import_export.formats import base_formats
from unfold.contrib.import_export.forms import ExportForm

from qc import permissions
from qc.admin.shared import downloads
from qc.core.exceptions import QCError
from qc.exports.tasks import Export
from qc.history import events
from qc.models import EventKind

ENDINGS = ("csv", "xlsx", "json")


class TaskImportExport(ImportExportMixin):
    """Adds to the task list the import, for managers, and the export, for auditors too."""

    export_form_class = ExportForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may import."""
        return permissions.is_manager(request.user)

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Go to the imports page."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:imports"))

    process_import = import_action

    def get_export_formats(self) -> list[type]:
        """Return the formats, as import-export calls them."""
        return [base_formats.CSV, base_formats.XLSX, base_formats.JSON]

    def export_action(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Ask for a format, then return all tasks of the filtered list as a file."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            tasks = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            # As the list itself does.
            return HttpResponseRedirect(f"{reverse('admin:qc_task_changelist')}?{ERROR_FLAG}=1")
        formats = self.get_export_formats()
        resources = self.get_export_resource_classes(request)
        form = self.export_form_class(formats, resources, data=request.POST or None)
        if form.is_valid():
            try:
                return _file(request, Export(tasks), form.cleaned_data["format"])
            except QCError as refusal:
                form.add_error("format", str(refusal))
        context = self.init_request_context_data(request, form)
        return TemplateResponse(request, [self.export_template_name], context)


def _file(request: HttpRequest, export: Export, chosen: str) -> StreamingHttpResponse:
    """Return the file; record first in the audit trail who exported what."""
    ending = ENDINGS[int(chosen)]
    name = downloads.named("tasks", ending)
    if ending == "csv":
        response = downloads.streamed(export.csv(), name, downloads.CSV)
    elif ending == "xlsx":
        response = downloads.workbook(export.xlsx(), name)
    else:
        response = downloads.streamed(export.json(), name, downloads.JSON)
    filters = {name: value for name, value in request.GET.items() if value}
    events.record(EventKind.EXPORTED, rows=export.count(), filters=filters, format=ending)
    return response
