"""Import and export of check plans from their list."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from qc import permissions
from qc.admin.check_plans.resource import FileResult, PlanResource, check_header
from qc.admin.shared import import_files
from qc.checks import plans
from qc.core.transactions import retrying
from qc.models import CheckPlan, PlanItem, PlanVersion, User


class PlanCSV(import_files.CSV):
    """CSV with the columns of check plans."""

    check_header = staticmethod(check_header)


class PlanXLSX(import_files.XLSX):
    """An Excel workbook with these columns."""

    check_header = staticmethod(check_header)


class PlanImportExport(import_files.TableImportExport):
    """Adds the import, for managers, and the export, for auditors too."""

    resource_classes = (PlanResource,)
    formats = import_formats = export_formats = (PlanCSV, PlanXLSX)
    lost = gettext_lazy("The file is no longer here. Please choose it again.")
    changed_meanwhile = gettext_lazy(
        "Nothing was imported: plans or queues have changed. Try again."
    )

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may import."""
        return permissions.is_manager(request.user)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may export."""
        return permissions.is_auditor(request.user)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        """Return who publishes what is imported."""
        return {"by": cast("User", request.user)}

    def process_dataset(self, *args: Any, **kwargs: Any) -> FileResult:
        """Import the rows, and again when that lost a race for a lock."""
        result: FileResult = retrying(super().process_dataset)(*args, **kwargs)
        return result

    def add_success_message(self, result: FileResult, request: HttpRequest) -> None:
        """Say which version of each plan is in use."""
        for version in result.published:
            messages.success(request, f"{version.queue}: {in_use(version)}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the pages of import and export say about the file."""
        columns = ", ".join(field.column_name for field in PlanResource.fields.values())
        about = _(
            "A row for each item, and all items of a queue's plan: they replace those that the "
            "queue has. Found by their key, or else by their question. A file has no pictures: "
            "items that it names keep theirs. Columns: %(columns)s."
        )
        return {"about_file": about % {"columns": columns}}

    get_export_context_data = get_import_context_data = get_context_data

    def get_export_queryset(self, request: HttpRequest) -> Any:
        """Return the items of all plans of the filtered list."""
        listed = super().get_export_queryset(request)
        items = PlanItem.objects.filter(
            plan__in=CheckPlan.objects.filter(pk__in=listed.values("pk"))
        )
        return items.select_related("plan__queue").order_by("plan__queue__name", "position", "pk")


def in_use(version: PlanVersion) -> str:
    """Return in words which version is in use, and how many tasks keep an older one."""
    text = _("Version %d is in use from now on") % version.number
    if kept := plans.started(version.queue):
        keep = ngettext(
            "%d task that is started keeps its own", "%d tasks that are started keep theirs", kept
        )
        return f"{text}; {keep % kept}."
    return f"{text}."
