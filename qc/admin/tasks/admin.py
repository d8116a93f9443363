"""The task pages: list, form and history."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
)

from qc import history
from qc.admin.evidence.task_files import TaskFiles
from qc.admin.shared import labels
from qc.admin.shared.base import AuditedModelAdmin, after_commit, changed_columns, keep_others
from qc.admin.shared.open_queues import AllQueuesFilter
from qc.admin.tasks.actions import TaskActions, is_available
from qc.admin.tasks.bulk import BulkPages
from qc.admin.tasks.changelist import TaskChangeList
from qc.admin.tasks.check_record import CheckRecord
from qc.admin.tasks.filters import DaysFilter, LateFilter, PurposeFilter
from qc.admin.tasks.forms import TaskForm
from qc.admin.tasks.import_export import TaskImportExport
from qc.core.localization import local
from qc.core.wording import clock
from qc.history import timeline
from qc.models import Task
from qc.models.tasks import begins_with
from qc.work import actions as work
from qc.work import comments, edits, explanations, line, rework

TIMELINE = 20


@admin.register(Task)
class TaskAdmin(BulkPages, TaskImportExport, TaskActions, AuditedModelAdmin):
    """Lists, shows and edits tasks; never writes their status itself."""

    form = TaskForm
    list_display = (
        "reference",
        "name",
        "queue",
        "priority_label",
        "status_label",
        "person",
        "due_words",
        "age",
    )
    list_filter = (
        ("queue", AllQueuesFilter),
        ("status", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        PurposeFilter,
        LateFilter,
        ("assignee", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
        ("completed_at", DaysFilter),
    )
    # The order follows from the filters, so that an index serves it: `qc.admin.tasks.orders`.
    sortable_by = ()
    # Counts of each filter's choices would be counts of the whole table.
    show_facets = admin.ShowFacets.NEVER
    list_disable_select_all = False
    list_before_template = "qc/tasks/unfinished.html"
    list_select_related = ("queue", "assignee")
    search_fields = ("reference", "name")
    search_help_text = _("Reference or name")
    ordering = ("-id",)
    actions = (
        "assign_selected",
        "hold_selected",
        "resume_selected",
        "move_selected",
        "priority_selected",
        "due_selected",
        "cancel_selected",
    )
    actions_detail = (
        "assign_task",
        "give_next_task",
        "take_from_line_task",
        "resume_task",
        "rework_task",
        "reopen_task",
        "release_task",
        "hold_task",
        "cancel_task",
    )
    change_form_outer_after_template = "qc/tasks/below_form.html"
    add_fieldsets = (
        (None, {"fields": ("reference", "name", "queue", "priority", "due_at", "lot_size")}),
        (_("Shown to the checker"), {"fields": ("instructions", "link", "details")}),
    )
    fieldsets = (
        (_("Status"), {"fields": (("status_label", "person"), "why")}),
        (None, {"fields": ("reference", "name", ("queue", "priority"), "due_at", "lot_size")}),
        (_("Shown to the checker"), {"fields": ("details_table", "instructions", "link")}),
        (_("Edit the details"), {"fields": ("details",), "classes": ("collapse",)}),
        (_("Arrival"), {"fields": (("created_at", "created_by"),)}),
    )

    class Media:
        css: ClassVar = {"all": ["qc/evidence/evidence.css"]}
        js = ("qc/evidence/files.js",)

    # For users who may not edit, and for finished tasks.
    reading_fieldsets = (
        fieldsets[0],
        (None, {"fields": ("reference", "name", ("queue", "priority"), "due", "lot_size")}),
        fieldsets[2],
        fieldsets[4],
    )
    readonly_fields = (
        "status_label",
        "person",
        "why",
        "due",
        "done",
        "notes",
        "details_table",
        "created_at",
        "created_by",
    )

    priority_label = staticmethod(labels.priority)
    status_label = staticmethod(labels.status)
    due_words = staticmethod(labels.due)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit the task; a finished one must be reopened first."""
        live = obj is None or obj.status in Task.LIVE
        return live and super().has_change_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """Find tasks by the beginning of a reference, else by any part of a name."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_reference = begins_with(term)
        is_reference = Task.objects.filter(by_reference).exists()
        return queryset.filter(by_reference if is_reference else Q(name__icontains=term)), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TaskChangeList]:
        """Return the class of the list."""
        return TaskChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields that nobody edits; the reference is one once the task exists."""
        return (*self.readonly_fields, "reference") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections: the result once there is one, the details' JSON for editors only."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets = self.reading_fieldsets
        result = [(_("Result"), {"fields": ("done", "notes")})] if obj.completed_at else []
        return [fieldsets[0], *result, *fieldsets[1:]]

    def available_actions(self, request: HttpRequest, item: Task) -> Collection[str]:
        """Return the names of the actions that the task's state and the user's rights allow."""
        user: Any = request.user
        return [name for name in self.actions_detail if is_available(user, name, item)]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the form, and below it files, what the check found, and the task's history."""
        task = context.get("original")
        if task is not None:
            context["files"] = TaskFiles(task, request.user)
            context["comments"] = comments.of_task(task.pk)
        if task is not None and self.has_view_history_permission(request, task):
            context["record"] = CheckRecord(task)
            context["timeline"] = history.of(task)[:TIMELINE]
            context["life"] = timeline.of_task(task)
            context["chain"] = rework.chain(task)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        """Save a new or changed task with one history row, then assign it if somebody is free."""
        by: Any = request.user
        columns = changed_columns(form)
        if change and not columns:
            return
        if change:
            keep_others(obj, columns)
            if "due_at" in columns or "priority" in columns:
                obj.arrive(obj.created_at)  # which fills an emptied due date
                edits.replan(obj, columns)
            if "queue" in columns:
                obj.next_for = obj.next_at = None
            history.save(obj, kind="", by=by, fields={*columns, *edits.PLANNED, *line.COLUMNS})
        else:
            obj.created_by = by
            obj.arrive(timezone.now())
            history.save(obj, kind="", by=by)
        after_commit(work.hand_out_from, [obj.queue_id])

    @admin.display(description=_("person"), empty_value="-")
    def person(self, task: Task) -> str | None:
        """Return the person who holds the task or completed it."""
        return str(task.assignee) if task.assignee_id else None

    @admin.display(description=_("age"))
    def age(self, task: Task) -> SafeString:
        """Return how long ago the task arrived."""
        return labels.age(task.created_at)

    @admin.display(description=_("why"))
    def why(self, task: Task) -> str:
        """Return why the task is in its status; a page asks for it twice."""
        known = vars(task)
        if "why" not in known:
            known["why"] = explanations.of_task(task)
        return str(known["why"])

    @admin.display(description=_("outcome"), empty_value="-")
    def done(self, task: Task) -> str | None:
        """Return the outcome of the check, and when it was completed."""
        if not task.completed_at:
            return None
        return f"{task.get_outcome_display()}, {clock(task.completed_at)}"

    @admin.display(description=_("due"))
    def due(self, task: Task) -> str:
        """Return when the task is due."""
        return date_format(local(task.due_at), "DATETIME_FORMAT")

    @admin.display(description=_("details"))
    def details_table(self, task: Task) -> SafeString:
        """Return the sender's own columns as a table."""
        details = {"details": task.details or {}}
        return SafeString(render_to_string("qc/tasks/details.html", details))
