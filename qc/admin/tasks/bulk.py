"""All tasks that match, changed with one reason: the question, and the page that shows it happen.

The page asks for batch after batch. It can be left and opened again: nothing is lost or done
twice, and nothing goes on without it.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from qc.admin.shared.dialogs import ReasonForm
from qc.models import BulkChange, Task
from qc.work import bulk_changes

LIST = "admin:qc_task_changelist"
TITLES = {
    "hold": gettext_lazy("Hold all matching tasks"),
    "resume": gettext_lazy("Resume all matching tasks"),
    "cancel": gettext_lazy("Cancel all matching tasks"),
}
STATES = {
    "hold": gettext_lazy("those that are waiting or assigned"),
    "resume": gettext_lazy("those that are on hold"),
    "cancel": gettext_lazy("those that are waiting or on hold"),
}


class BulkPages:
    """Adds to the task pages the one where a change of many happens."""

    admin_site: Any
    has_steer_permission: Callable[..., bool]

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses, with those of the page and its buttons."""
        views = (
            ("", require_GET(self.bulk), "bulk"),
            ("on/", require_POST(self.bulk_on), "bulk_on"),
            ("stop/", require_POST(self.bulk_stop), "bulk_stop"),
        )
        inside = self.admin_site.admin_view
        ours = [
            path(f"bulk/<int:pk>/{rest}", inside(never_cache(view)), name=f"qc_task_{name}")
            for rest, view, name in views
        ]
        return [*ours, *super().get_urls()]  # type: ignore[misc]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and above it which change of many is not over."""
        unfinished = (
            bulk_changes.unfinished(request.user) if self.has_steer_permission(request) else None
        )
        context = {"unfinished": unfinished, **(extra_context or {})}
        return super().changelist_view(request, context)  # type: ignore[misc]

    def bulk(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how far it is."""
        change = self._theirs(request, pk)
        context = self.admin_site.each_context(request) | _context(change)
        return render(request, "qc/tasks/bulk.html", context)

    def bulk_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the next batch, and show how far it is."""
        change = self._theirs(request, pk)
        position = request.POST.get("position", "")
        if not (position.isascii() and position.isdigit()):
            raise Http404
        bulk_changes.carry_on(change, int(position), by=request.user)  # type: ignore[arg-type]
        if "HX-Request" not in request.headers:
            return HttpResponseRedirect(reverse("admin:qc_task_bulk", args=[pk]))
        return render(request, "qc/tasks/bulk_panel.html", _context(change))

    def bulk_stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop it."""
        bulk_changes.stop(self._theirs(request, pk))
        return HttpResponseRedirect(reverse("admin:qc_task_bulk", args=[pk]))

    def _theirs(self, request: HttpRequest, pk: int) -> BulkChange:
        if not self.has_steer_permission(request):
            raise PermissionDenied
        return get_object_or_404(BulkChange, pk=pk, by=request.user)


def is_for_all(request: HttpRequest) -> bool:
    """Return whether an action is meant for all tasks that match, not only for those selected."""
    return request.POST.get("select_across") == "1"


def ask_for_all(
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[Task],
    transition: str,
    form_class: type[ReasonForm],
) -> HttpResponse | None:
    """Ask once for all that match; then goes to the page where it happens."""
    answered = "_form_submitted" in request.POST
    form = form_class(request, data=request.POST if answered else None)
    upto = _number(request.POST.get("upto", "")) or _last_id()
    # What arrives while the manager thinks about it was not meant.
    tasks = queryset.filter(pk__lte=upto)
    if form.is_valid():
        change = bulk_changes.begin(transition, tasks, by=request.user, **form.answers())  # type: ignore[arg-type]
        return HttpResponseRedirect(reverse("admin:qc_task_bulk", args=[change.pk]))
    n = len(bulk_changes.matching(transition, tasks).values_list("pk"))
    if not n:
        messages.warning(request, _("None of the matching tasks has a status that allows this."))
        return None
    context = model_admin.admin_site.each_context(request) | {
        "title": TITLES[transition],
        "form": form,
        "for_all": {
            "n": n,
            "upto": upto,
            "states": STATES[transition],
            "is_most": n == bulk_changes.MOST,
        },
        "action": request.POST["action"],
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "opts": model_admin.model._meta,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "qc/tasks/ask_for_many.html", context)


def _last_id() -> int:
    return Task.objects.aggregate(last=Max("pk"))["last"] or 0


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _context(change: BulkChange) -> dict[str, Any]:
    return {
        "title": TITLES[change.transition],
        "change": change,
        "more_refused": change.refused - len(change.refusals),
        "opts": Task._meta,
    }
