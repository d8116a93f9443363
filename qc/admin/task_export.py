"""The buttons above the list of tasks: export as it is filtered, and the way to the imports."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from unfold.contrib.import_export.forms import ExportForm

from qc import permissions
from qc.resources import TaskResource


class TaskImportExport(ImportExportMixin):
    """Adds export, for managers and auditors, and the way to import, for managers."""

    resource_classes = (TaskResource,)
    export_form_class = ExportForm

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Whether this user may import."""
        return permissions.is_manager(request.user)

    def get_export_formats(self) -> list[type]:
        """Gives the formats that can be imported again."""
        return [CSV, XLSX]

    def get_export_queryset(self, request: HttpRequest) -> Any:
        """Gives the tasks of the list as it is filtered, in the order they came."""
        return super().get_export_queryset(request).order_by("pk")

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Goes to our own pages: `qc.admin.import_pages`."""
        return HttpResponseRedirect(reverse("admin:imports"))

    process_import = import_action
