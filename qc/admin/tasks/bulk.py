"""The page of a bulk change: a change of all matching tasks, in batches.

The page requests one batch after the other. It can be left and opened again: nothing is lost or
done twice, and the change pauses meanwhile.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from qc.core.wording import clock
from qc.models import BulkChange, Priority, Queue, Task
from qc.web.users import user_of
from qc.work import bulk_changes

TITLES = {
    "hold": _("Hold all matching tasks"),
    "resume": _("Resume all matching tasks"),
    "cancel": _("Cancel all matching tasks"),
    "move": _("Move all matching tasks to a queue"),
    "priority": _("Set the priority of all matching tasks"),
    "due": _("Set the due time of all matching tasks"),
}


class BulkPages:
    """Adds to the task pages the one that shows a bulk change, and its buttons."""

    admin_site: Any
    has_steer_permission: Callable[..., bool]

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the task pages, with those of a bulk change."""
        view = self.admin_site.admin_view
        return [
            path("bulk/<int:pk>/", view(require_GET(self.bulk)), name="qc_task_bulk"),
            path("bulk/<int:pk>/on/", view(require_POST(self.bulk_on)), name="qc_task_bulk_on"),
            path(
                "bulk/<int:pk>/stop/", view(require_POST(self.bulk_stop)), name="qc_task_bulk_stop"
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and above it the manager's unfinished bulk change."""
        may_steer = self.has_steer_permission(request)
        unfinished = bulk_changes.unfinished(request.user) if may_steer else None
        context = {"unfinished": unfinished, **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def bulk(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the page of a bulk change."""
        context = self.admin_site.each_context(request) | _context(self._own_change(request, pk))
        return render(request, "qc/tasks/bulk.html", context)

    def bulk_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the batch at the given position, and return the new panel."""
        change = self._own_change(request, pk)
        position = read_number(request.POST.get("position", ""))
        if position is None:
            raise Http404
        bulk_changes.carry_on(change, position, by=user_of(request))
        if "HX-Request" not in request.headers:
            return redirect("admin:qc_task_bulk", pk)
        return render(request, "qc/tasks/bulk_panel.html", _context(change))

    def bulk_stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop a bulk change."""
        bulk_changes.stop(self._own_change(request, pk))
        return redirect("admin:qc_task_bulk", pk)

    def _own_change(self, request: HttpRequest, pk: int) -> BulkChange:
        if not self.has_steer_permission(request):
            raise PermissionDenied
        return get_object_or_404(BulkChange, pk=pk, by=request.user)


def read_number(text: str) -> int | None:
    """Return the number that a form sent; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() else None


def in_words(change: BulkChange) -> Iterator[str]:
    """Yield in words what a bulk change sets."""
    if queue := Queue.objects.filter(pk=change.values.get("queue_id")).first():
        yield gettext("Queue: %s") % queue
    if priority := change.values.get("priority"):
        yield gettext("Priority: %s") % Priority(priority).label
    if due := change.values.get("due_at"):
        yield gettext("Due: %s") % clock(datetime.fromisoformat(due))


def _context(change: BulkChange) -> dict[str, Any]:
    return {
        "title": TITLES[change.transition],
        "change": change,
        "values": list(in_words(change)),
        "more_refused": change.refused - len(change.refusals),
        "opts": Task._meta,
    }
