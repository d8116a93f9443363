"""The queue pages: list, form and history."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action
from unfold.enums import ActionVariant

from qc import history, permissions
from qc.admin.check_plans.forms import CopyForm
from qc.admin.queues.files import QueuesImportExport
from qc.admin.queues.forms import MergeForm, QueueForm
from qc.admin.shared import available_actions, labels
from qc.admin.shared.base import after_commit, save_columns
from qc.admin.shared.dialogs import OptionalReasonForm, dialog_action, find
from qc.admin.shared.duration_field import duration_in_units
from qc.admin.shared.endings import EndingModelAdmin
from qc.admin.shared.returned import say_returned
from qc.checks import plans
from qc.models import CheckPlan, Queue, User
from qc.work import actions as work
from qc.work import lost_access, queue_changes, queue_counts

# What a check in the queue names and counts, and what follows when it fails.
CHECK_FIELDS = (("needs_defects", "counts_quantities"), ("rework_queue", "reinspected_by"))


def copy_plan_to(queue_id: int, *, by: User, from_queue: Queue) -> None:
    """Give a queue the check plan of another one."""
    plans.copy(from_queue, Queue.objects.get(pk=queue_id), by)


class StateFilter(DropdownFilter):
    """A filter by whether a queue takes tasks; without it, closed queues come last."""

    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("open", pgettext_lazy("a queue", "Open")), ("closed", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Queue]) -> QuerySet[Queue]:
        """Return the open queues, or the closed ones."""
        if self.value() in ("open", "closed"):
            return queryset.filter(is_closed=self.value() == "closed")
        return queryset


def _number(name: str, description: Any) -> Any:
    """Return a column of a list that shows an annotation of its queryset."""
    return admin.display(description=description, ordering=name)(
        lambda self, queue: getattr(queue, name)
    )


@admin.register(Queue)
class QueueAdmin(QueuesImportExport, EndingModelAdmin):
    """Lists, shows and edits queues, also by files; actions pause, merge and close them."""

    form = QueueForm
    list_display = ("name", "state", "for_all", "on_it", "waiting", "in_work", "due_within")
    search_fields = ("name", "aliases")
    ordering = ("is_closed", "name")
    autocomplete_fields = ("people",)
    actions = ()
    actions_detail = (
        "check_plan",
        "copy_plan",
        "import_tasks",
        "pause",
        "unpause",
        "reopen",
        "merge",
        "close",
    )
    list_filter = (StateFilter,)
    fieldsets = (
        (_("Status"), {"fields": (("state", "waiting", "in_work"),)}),
        (None, {"fields": ("name", "aliases", "description", "target")}),
        (_("Who gets its tasks"), {"fields": ("people", "open_to_all")}),
        (
            _("At work"),
            {"fields": ("scan_to_start", ("silent_after", "correct_within"), "hand_back_reasons")},
        ),
        (_("Check"), {"fields": (*CHECK_FIELDS, "keep_files_for")}),
    )
    add_fieldsets = fieldsets[1:]
    # For users who may not edit, and for closed queues: durations in words.
    reading_fieldsets = (
        fieldsets[0],
        (None, {"fields": ("name", "aliases", "description", "due_within")}),
        fieldsets[2],
        (
            _("At work"),
            {"fields": ("scan_to_start", ("silent", "correctable"), "hand_back_reasons")},
        ),
        (_("Check"), {"fields": (*CHECK_FIELDS, "files_kept")}),
    )
    readonly_fields = (
        *("state", "merged_into", "waiting", "in_work"),
        *("due_within", "silent", "correctable", "files_kept"),
    )

    pause = dialog_action(
        "pause",
        work.pause,
        label=_("Pause"),
        question=_("Nobody gets new tasks from this queue. Assigned tasks stay assigned."),
        done=_("%(item)s is paused."),
        icon="pause",
        variant=ActionVariant.WARNING,
    )
    unpause = dialog_action(
        "unpause",
        work.unpause,
        label=_("Resume"),
        question=_("People get its tasks again at once."),
        done=_("%(item)s is running again."),
        icon="play_arrow",
        form=OptionalReasonForm,
        variant=ActionVariant.PRIMARY,
    )

    merge = dialog_action(
        "merge",
        queue_changes.merge,
        label=_("Merge"),
        question=_(
            "Its tasks and people move to the other queue, and so does what is imported for it. "
            "This queue is closed; it stays in history and reports. It cannot be undone."
        ),
        done=_("%(item)s is merged."),
        icon="merge",
        form=MergeForm,
    )
    close = dialog_action(
        "close",
        queue_changes.close,
        label=pgettext_lazy("a queue", "Close"),
        question=_("It takes no more tasks. It stays in history and reports."),
        done=_("%(item)s is closed."),
        icon="inventory_2",
        variant=ActionVariant.DANGER,
    )
    reopen = dialog_action(
        "reopen",
        queue_changes.reopen,
        label=_("Reopen"),
        question=_("It takes tasks again, for the people that it had."),
        done=_("%(item)s is open again."),
        icon="restart_alt",
        variant=ActionVariant.PRIMARY,
    )

    @action(  # type: ignore[untyped-decorator]
        description=pgettext_lazy("a button", "Import tasks"),
        url_path="import_tasks",
        permissions=["steer"],
        icon="upload",
    )
    def import_tasks(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the imports page, with this queue for all rows that name none."""
        queue = find(self, request, object_id)
        return HttpResponseRedirect(f"{reverse('admin:imports')}?{urlencode({'queue': queue})}")

    copy_plan = dialog_action(
        "copy_plan",
        copy_plan_to,
        label=_("Copy a check plan"),
        question=_("Tasks that start from then on are checked by a copy of it."),
        done=_("%(item)s has a check plan now."),
        icon="content_copy",
        form=CopyForm,
    )

    @action(  # type: ignore[untyped-decorator]
        description=_("Check plan"), url_path="check_plan", permissions=["read"], icon="fact_check"
    )
    def check_plan(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the queue's check plan, or to the page where one is written for it."""
        queue = find(self, request, object_id)
        if plan := CheckPlan.objects.filter(queue=queue).first():
            return HttpResponseRedirect(reverse("admin:qc_checkplan_change", args=[plan.pk]))
        return HttpResponseRedirect(f"{reverse('admin:qc_checkplan_add')}?queue={queue.pk}")

    state = staticmethod(labels.running)
    on_it = _number("people_on_it", _("people"))
    waiting = _number("waiting_now", _("waiting"))
    in_work = _number("in_work_now", _("assigned"))

    def has_ended(self, item: Any) -> bool:
        """Return whether a queue is closed."""
        return bool(item.is_closed)

    def how_it_ended(self, item: Any) -> str:
        """Return in words how a queue was closed."""
        if item.merged_into:
            names = {"queue": item, "into": item.merged_into}
            text = gettext("%(queue)s was merged into %(into)s meanwhile. Nothing was changed.")
            return text % names
        text = gettext("%(queue)s was closed meanwhile. Nothing was changed.")
        return text % {"queue": item}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may delete the queue; `delete_view` says why not."""
        may = request.user.has_perm("qc.delete_queue")
        return may and (obj is None or not queue_changes.is_kept(obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Queue]:
        """Return the queues with their numbers of waiting tasks, assigned tasks and people."""
        return queue_counts.counted(super().get_queryset(request))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections, with the target in words for users who may not edit it."""
        if obj is not None and not self.has_change_permission(request, obj):
            return self._reading(obj)
        return super().get_fieldsets(request, obj)

    def _reading(self, queue: Queue) -> Any:
        if not queue.merged_into_id:
            return self.reading_fieldsets
        merged: Any = (_("Status"), {"fields": (("state", "merged_into"),)})
        return (merged, *self.reading_fieldsets[1:])

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no actions for several queues, not even Django's own, which deletes them."""
        return {}

    def available_actions(self, request: HttpRequest, item: Queue) -> Collection[str]:
        """Return the names of the actions that the queue's state allows."""
        names = available_actions.of_queue(item)
        has_plan = CheckPlan.objects.filter(queue=item).exists()
        if has_plan:
            return names | {"check_plan"}
        may_write = not item.is_closed and permissions.is_manager(request.user)
        return names | {"check_plan", "copy_plan"} if may_write else names

    def save_model(self, request: HttpRequest, obj: Queue, form: Any, change: bool) -> None:
        """Save the columns; the history row is written by `save_related`."""
        form.holders = lost_access.holders_of(obj.pk) if change else set()
        save_columns(obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the queue's people and its one history row, and assign its tasks."""
        queue, by = form.instance, cast("User", request.user)
        with history.without_history(queue):
            super().save_related(request, form, formsets, change)
        if form.changed_data or not change:
            history.record_many([queue], kind="", by=by, reasons=[""], created=not change)
            returned = lost_access.return_from_queue(queue.pk, form.holders, by=by)
            say_returned(request, [task for tasks in returned.values() for task in tasks])
            after_commit(work.hand_out_from, [queue.pk])
            for person in returned:
                after_commit(work.hand_out_to, person)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete an open queue that never had a task; any other is refused with the reason."""
        queue = find(self, request, object_id)
        if not self.has_delete_permission(request):
            raise PermissionDenied
        if not queue_changes.is_kept(queue):
            with suppress(ProtectedError):  # a task that came while it was being deleted
                return super().delete_view(request, object_id, extra_context)
        messages.error(request, queue_changes.why_kept(queue))
        return HttpResponseRedirect(reverse("admin:qc_queue_change", args=[queue.pk]))

    @admin.display(description=_("target"), ordering="target")
    def due_within(self, queue: Queue) -> str:
        """Return the queue's target in words."""
        return duration_in_units(queue.target)

    @admin.display(description=_("silent after"))
    def silent(self, queue: Queue) -> str:
        """Return in words after how long a started task goes back."""
        return duration_in_units(queue.silent_after)

    @admin.display(description=_("correct within"))
    def correctable(self, queue: Queue) -> str:
        """Return in words how long people may correct what they completed."""
        within = queue.correct_within
        return duration_in_units(within) if within else gettext("until the shift ends")

    @admin.display(description=_("keep files for"))
    def files_kept(self, queue: Queue) -> str:
        """Return in words how long the files of its tasks are kept."""
        kept = queue.keep_files_for
        return duration_in_units(kept) if kept else gettext("always")

    @admin.display(description=_("open to all"), ordering="open_to_all", empty_value="-")
    def for_all(self, queue: Queue) -> str | None:
        """Return "yes" where all QC staff get its tasks."""
        return gettext("yes") if queue.open_to_all else None
