"""Import and export of queues from their list."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qc.admin.queues.resource import QueueResource
from qc.admin.shared.list_files import ListImportExport
from qc.models import Queue


class QueuesImportExport(ListImportExport):
    """Adds both to the list of queues."""

    resource_classes = (QueueResource,)
    about_file: str | Promise = _(
        "A row for each queue, known by each of its names. Only name is needed. An empty cell "
        "leaves what is there, a dash empties it. Times are a number and a unit, such as 4 hours; "
        "several names or reasons have ; between them. Closed queues are left out. No queue is "
        "deleted; all rows are imported, or none. Who is on a queue stands in the list of people."
    )

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """Return the open queues of the filtered list."""
        queues: QuerySet[Queue] = super().get_export_queryset(request)
        return queues.filter(is_closed=False).select_related("rework_queue")
