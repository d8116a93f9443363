"""What a manager does with tasks: one at a time in a dialog, or several with one reason."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc.admin.shared.dialogs import AssignForm, OptionalReasonForm, ReasonForm, Text, dialog_action
from qc.admin.tasks.bulk import ask_for_all, is_for_all
from qc.core.exceptions import QCError
from qc.models import Task, User
from qc.models.tasks import UNASSIGNED_FIRST
from qc.work import actions, bulk_changes, lifecycle

REFUSALS_NAMED = 20


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

    @admin.action(description=_("Assign selected tasks"), permissions=["steer"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        """Return the selected tasks to one person, as many as they can hold."""
        if is_for_all(request):
            messages.warning(
                request, gettext("Tasks are assigned one by one. Please select single tasks.")
            )
            return None
        return ask_for_many(self, request, queryset, actions.assign, AssignForm)

    @admin.action(description=_("Hold selected tasks"), permissions=["steer"])
    def hold_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        """Park the selected tasks."""
        return _ask(self, request, queryset, "hold", ReasonForm)

    @admin.action(description=_("Resume selected tasks"), permissions=["steer"])
    def resume_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        """Let the selected tasks wait again."""
        return _ask(self, request, queryset, "resume", OptionalReasonForm)

    @admin.action(description=_("Cancel selected tasks"), permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        """Cancel the selected tasks."""
        return _ask(self, request, queryset, "cancel", ReasonForm)


def offered(user: User, name: str, task: Task) -> bool:
    """Return whether the action of this name makes sense for this task as it is now."""
    transition = name.removesuffix("_task")
    if transition == "assign" and lifecycle.may_now(user, "release", task):
        return True  # out of other hands
    return lifecycle.may_now(user, transition, task)


def _ask(
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[Task],
    transition: str,
    form_class: type[ReasonForm],
) -> HttpResponse | None:
    if is_for_all(request):
        return ask_for_all(model_admin, request, queryset, transition, form_class)
    return ask_for_many(
        model_admin, request, queryset, bulk_changes.TRANSITIONS[transition], form_class
    )


def ask_for_many(
    model_admin: Any,
    request: HttpRequest,
    queryset: QuerySet[Task],
    run: Callable[..., object],
    form_class: type[ReasonForm],
) -> HttpResponse | None:
    """Ask once for all selected tasks, then does it; Django calls actions on POST only."""
    answered = "_form_submitted" in request.POST
    form = form_class(request, data=request.POST if answered else None)
    if form.is_valid():
        _do_to_many(request, queryset, run, form.answers())
        return None
    name = request.POST["action"]
    title = model_admin.get_actions(request)[name][2]
    context = model_admin.admin_site.each_context(request) | {
        "title": title,
        "form": form,
        "tasks": queryset.select_related("queue", "assignee"),
        "action": name,
        "back": request.get_full_path(),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "opts": model_admin.model._meta,
    }
    return TemplateResponse(request, "qc/tasks/ask_for_many.html", context)


def _do_to_many(
    request: HttpRequest, tasks: QuerySet[Task], run: Callable[..., object], answers: dict[str, Any]
) -> None:
    done = 0
    refusals: list[str] = []
    for task in tasks.order_by(*UNASSIGNED_FIRST):
        try:
            run(task.pk, by=request.user, **answers)
            done += 1
        except QCError as error:
            refusals.append(f"{task.reference}: {error}")
    _report(request, done, refusals)


def _report(request: HttpRequest, done: int, refusals: list[str]) -> None:
    if done:
        words: Text = ngettext("%(n)d task changed.", "%(n)d tasks changed.", done)
        messages.success(request, words % {"n": done})
    for refusal in refusals[:REFUSALS_NAMED]:
        messages.error(request, refusal)
    if len(refusals) > REFUSALS_NAMED:
        messages.error(request, gettext("%d more were refused.") % (len(refusals) - REFUSALS_NAMED))
