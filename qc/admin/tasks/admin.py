"""The task pages: list, form and history."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
)

from qc import history
from qc.admin.evidence.task_files import TaskFiles
from qc.admin.shared import labels
from qc.admin.shared.base import after_commit, changed_columns, keep_others
from qc.admin.shared.endings import EndingModelAdmin
from qc.admin.shared.open_queues import AllQueuesFilter
from qc.admin.shared.texts import as_written
from qc.admin.tasks.actions import TaskActions, is_available
from qc.admin.tasks.bulk import BulkPages
from qc.admin.tasks.changelist import TaskChangeList
from qc.admin.tasks.check_record import CheckRecord
from qc.admin.tasks.filters import DaysFilter, DetailFilter, LateFilter, PurposeFilter
from qc.admin.tasks.forms import TaskForm
from qc.admin.tasks.import_export import TaskImportExport
from qc.admin.tasks.saved_views import SavedViews
from qc.core.localization import zone_in_words
from qc.core.wording import clock, to_the_minute
from qc.history import timeline
from qc.models import Task
from qc.work import actions as work
from qc.work import comments, edits, explanations, line, rework

TIMELINE = 20


@admin.register(Task)
class TaskAdmin(SavedViews, BulkPages, TaskImportExport, TaskActions, EndingModelAdmin):
    """Lists, shows and edits tasks; never writes their status itself."""

    form = TaskForm
    list_display = (
        "reference",
        "name",
        "queue",
        "priority_label",
        "status_label",
        "outcome_label",
        "person",
        "due_words",
        "age",
    )
    list_filter = (
        ("queue", AllQueuesFilter),
        ("status", ChoicesDropdownFilter),
        ("outcome", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        PurposeFilter,
        LateFilter,
        ("assignee", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
        ("completed_at", DaysFilter),
        DetailFilter,
    )
    # By what an index has with the filters: `TaskChangeList.sorting`.
    sortable_by = ()
    # Counts of each filter's choices would be counts of the whole table.
    show_facets = admin.ShowFacets.NEVER
    list_disable_select_all = False
    list_before_template = "qc/tasks/above_list.html"
    list_select_related = ("queue", "assignee")
    search_fields = ("reference", "name", "details")
    search_help_text = _("Beginning of a word or number in reference, name or details")
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
        (_("Shown to the checker"), {"fields": ("instructions", "link", "details")}),
        (_("Arrival"), {"fields": (("created_at", "created_by"),)}),
        (None, {"fields": ("reason",)}),
    )

    class Media:
        css: ClassVar = {
            "all": ["qc/evidence/evidence.css", "qc/tasks/task.css", "qc/tasks/list.css"]
        }
        js = ("qc/evidence/files.js",)

    # For users who may not edit, and for finished tasks.
    reading_fieldsets = (
        fieldsets[0],
        (None, {"fields": ("reference", "name", ("queue", "priority"), "due", "lot_size")}),
        (_("Shown to the checker"), {"fields": ("details_table", "instructions_shown", "link")}),
        fieldsets[3],
    )
    readonly_fields = (
        "status_label",
        "person",
        "why",
        "due",
        "done",
        "notes_shown",
        "details_table",
        "instructions_shown",
        "created_at",
        "created_by",
    )

    priority_label = staticmethod(labels.priority)
    status_label = staticmethod(labels.status)
    outcome_label = staticmethod(labels.outcome)
    due_words = staticmethod(labels.due)

    def has_ended(self, item: Any) -> bool:
        """Return whether a task is finished."""
        return item.status not in Task.LIVE

    def how_it_ended(self, item: Any) -> str:
        """Return in words how a task was finished."""
        text = gettext("%(task)s was %(status)s meanwhile. Nothing was changed.")
        return text % {"task": item.reference, "status": item.get_status_display()}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """Return all: the list searches by itself (`TaskChangeList.get_queryset`)."""
        return queryset, False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TaskChangeList]:
        """Return the class of the list."""
        return TaskChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return the fields that nobody edits; the reference is one once the task exists."""
        return (*self.readonly_fields, "reference") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections: the result once there is one, fields to change for editors only."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets = self.reading_fieldsets
        result = [(_("Result"), {"fields": ("done", "notes_shown")})] if obj.completed_at else []
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
            # The form says it at its due time.
            is_form = self.has_change_permission(request, task)
            context["zone"] = "" if is_form else zone_in_words()
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
            reason = form.cleaned_data["reason"]
            planned = {*columns, *edits.PLANNED, *line.COLUMNS}
            if "queue" in columns:
                obj.next_for = obj.next_at = None
            history.save(obj, kind="", by=by, reason=reason, fields=planned)
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
        return to_the_minute(task.due_at)

    @admin.display(description=_("instructions"), empty_value="-")
    def instructions_shown(self, task: Task) -> SafeString | None:
        """Return the instructions, in which addresses are links."""
        return as_written(task.instructions) if task.instructions else None

    @admin.display(description=_("notes"), empty_value="-")
    def notes_shown(self, task: Task) -> SafeString | None:
        """Return the notes of the check, in which addresses are links."""
        return as_written(task.notes) if task.notes else None

    @admin.display(description=_("details"))
    def details_table(self, task: Task) -> SafeString:
        """Return the sender's own columns as a table."""
        details = {"details": task.details or {}}
        return SafeString(render_to_string("qc/tasks/details.html", details))
