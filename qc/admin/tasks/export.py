"""Export of the tasks that the list shows: import-export's button, right and page, our files."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from import_export.admin import ExportMixin
from import_export.formats import base_formats
from unfold.contrib.import_export.forms import ExportForm

from qc.admin.shared import downloads
from qc.audit import events
from qc.core.exceptions import QCError
from qc.exports.tasks import Export
from qc.models import EventKind


class TaskExport(ExportMixin):
    """Adds export, for managers and auditors, to the list of tasks."""

    export_form_class = ExportForm

    def get_export_formats(self) -> list[type]:
        """Return the formats there are."""
        return list(_FILES)

    def export_action(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """Ask for a format, and return all tasks of the list as it is filtered."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        try:
            tasks = self.get_export_queryset(request)
        except IncorrectLookupParameters:
            # As the list itself answers it.
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
    """Return the file. Before any of it leaves, the audit trail has who takes what along."""
    ending, write = list(_FILES.values())[int(chosen)]
    answer = write(export, downloads.named("tasks", ending))
    asked = {name: value for name, value in request.GET.items() if value}
    events.record(EventKind.EXPORTED, rows=export.count(), filters=asked, format=ending)
    return answer


def _csv(export: Export, name: str) -> StreamingHttpResponse:
    return downloads.streamed(export.csv(), name, downloads.CSV)


def _xlsx(export: Export, name: str) -> StreamingHttpResponse:
    return downloads.workbook(export.xlsx(), name)


def _json(export: Export, name: str) -> StreamingHttpResponse:
    return downloads.streamed(export.json(), name, downloads.JSON)


_FILES: dict[type, tuple[str, Any]] = {
    base_formats.CSV: ("csv", _csv),
    base_formats.XLSX: ("xlsx", _xlsx),
    base_formats.JSON: ("json", _json),
}
