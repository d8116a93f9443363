"""Import and export of the lists of people and queues: with a preview, and all rows or none."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from qc import permissions
from qc.admin.shared.import_files import TableImportExport
from qc.admin.shared.returned import say_returned
from qc.core.transactions import retrying
from qc.history import events
from qc.history.registry import table_of
from qc.models import EventKind, User


class ListImportExport(TableImportExport):
    """Adds the import, for managers, and the export, for auditors too."""

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may import."""
        return permissions.is_manager(request.user)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may export."""
        return permissions.is_auditor(request.user)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Return who imports."""
        return {"by": cast("User", request.user)}

    def process_dataset(self, *args: Any, **kwargs: Any) -> Any:
        """Import the rows, and again when that lost a race for a lock."""
        return retrying(super().process_dataset)(*args, **kwargs)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Say what was imported, and what went back to its queue."""
        if not (result.has_errors() or result.has_validation_errors()):
            say_returned(request, result.returned)
        return super().process_result(result, request)

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        """Say how many are new, changed and the same."""
        text = _("Imported: %(new)d new, %(update)d changed, %(skip)d the same.")
        messages.success(request, text % result.totals)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the pages of import and export say about the file."""
        [resource_class] = self.resource_classes
        columns = ", ".join(resource_class().get_export_headers())
        named = _("Columns: %(columns)s.") % {"columns": columns}
        return {"about_file": f"{self.about_file} {named}"}

    get_export_context_data = get_import_context_data = get_context_data

    def get_export_data(
        self, file_format: Any, request: HttpRequest, queryset: Any, **kw: Any
    ) -> Any:
        """Return the file; record first in the audit trail who exported what."""
        filters = {"list": table_of(self.model.history.model)}
        ending = file_format.get_extension()
        events.record(EventKind.EXPORTED, rows=queryset.count(), filters=filters, format=ending)
        return super().get_export_data(file_format, request, queryset, **kw)
