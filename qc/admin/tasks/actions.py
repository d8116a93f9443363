"""What a manager does with tasks: one at a time in a dialog, or several with one reason."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc.admin.shared.dialogs import AssignForm, OptionalReasonForm, ReasonForm, dialog_action
from qc.admin.shared.give_next import PersonNextForm
from qc.admin.tasks.edit_forms import DueForm, MoveForm, PriorityForm, ReworkForm
from qc.admin.tasks.selection import change_selected, is_for_all, selection_action
from qc.models import Task, User
from qc.work import actions, guards, rework


class TaskActions:
    """The actions of the task page; each is one transition, by way of `qc.work.actions`."""

    assign_task = dialog_action(
        "assign_task",
        actions.assign,
        label=_("Assign"),
        question=_("Assigns this task to a free person, whatever their queues."),
        done=_("%(item)s is assigned."),
        icon="person_add",
        form=AssignForm,
        variant=ActionVariant.PRIMARY,
    )
    give_next_task = dialog_action(
        "give_next_task",
        actions.give_next,
        label=_("Give next"),
        question=_("Who gets it does so when they finish what they have, before all others."),
        done=_("%(item)s is next for its person."),
        icon="playlist_add",
        form=PersonNextForm,
    )
    take_from_line_task = dialog_action(
        "take_from_line_task",
        actions.take_from_line,
        label=_("Take out of the line"),
        question=_("The task waits in its queue again, as all others do."),
        done=_("%(item)s waits as all others do."),
        icon="playlist_remove",
        form=OptionalReasonForm,
    )
    release_task = dialog_action(
        "release_task",
        actions.release,
        label=_("Take back"),
        question=_("The task returns to its queue, and a free person gets it."),
        done=_("%(item)s is back in the queue."),
        icon="undo",
    )
    hold_task = dialog_action(
        "hold_task",
        actions.hold,
        label=_("Hold"),
        question=_("Nobody gets the task until it is resumed."),
        done=_("%(item)s is on hold."),
        icon="pause",
    )
    resume_task = dialog_action(
        "resume_task",
        actions.resume,
        label=_("Resume"),
        question=_("The task is waiting again, and a free person gets it."),
        done=_("%(item)s is waiting again."),
        icon="play_arrow",
        form=OptionalReasonForm,
        variant=ActionVariant.PRIMARY,
    )
    cancel_task = dialog_action(
        "cancel_task",
        actions.cancel,
        label=_("Cancel task"),
        question=_("Nobody works on this task any more. It can be reopened later."),
        done=_("%(item)s is cancelled."),
        icon="block",
        variant=ActionVariant.DANGER,
    )
    reopen_task = dialog_action(
        "reopen_task",
        actions.reopen,
        label=_("Reopen"),
        question=_("The task is waiting again. Its notes are kept."),
        done=_("%(item)s is waiting again."),
        icon="restart_alt",
    )

    rework_task = dialog_action(
        "rework_task",
        actions.make_rework,
        label=_("Rework"),
        question=_("Makes a task to mend what failed. When it passes, it is checked again."),
        done=_("A rework of %(item)s is made."),
        icon="build",
        form=ReworkForm,
    )

    hold_selected = selection_action("hold", _("Hold selected tasks"), ReasonForm)
    resume_selected = selection_action("resume", _("Resume selected tasks"), OptionalReasonForm)
    cancel_selected = selection_action("cancel", _("Cancel selected tasks"), ReasonForm)
    move_selected = selection_action("move", _("Move selected tasks to a queue"), MoveForm)
    priority_selected = selection_action(
        "priority", _("Set the priority of selected tasks"), PriorityForm
    )
    due_selected = selection_action("due", _("Set the due time of selected tasks"), DueForm)

    @admin.action(description=_("Assign selected tasks"), permissions=["steer"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        """Assign the selected tasks to one person, as many as they can hold."""
        if is_for_all(request):
            text = gettext("Tasks are assigned one by one. Please select single tasks.")
            messages.warning(request, text)
            return None
        return change_selected(self, request, queryset, actions.assign, AssignForm)


def is_available(user: User, name: str, task: Task) -> bool:
    """Return whether the action of this name makes sense for a task as it is now."""
    transition = name.removesuffix("_task")
    if transition == "rework":
        return rework.may_make(task, user)
    if transition == "give_next":
        return guards.may_now(user, "next", task)
    if transition == "take_from_line":
        return task.next_for_id is not None and guards.may_now(user, "next", task)
    if transition == "assign" and guards.may_now(user, "release", task):
        return True  # it is taken from whoever has it now
    return guards.may_now(user, transition, task)
