"""Changes of the tasks selected in the list, or of all that match: one question, one reason."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from qc.admin.shared.dialogs import ReasonForm
from qc.admin.tasks.bulk import TITLES, read_number
from qc.core.exceptions import Busy, QCError
from qc.models import Task
from qc.models.tasks import UNASSIGNED_FIRST
from qc.web.users import user_of
from qc.work import bulk_changes

REFUSALS_NAMED = 20
TO_BE_DONE = _("those that are waiting, assigned or on hold")
STATES = {
    "hold": _("those that are waiting or assigned"),
    "resume": _("those that are on hold"),
    "cancel": _("those that are waiting or on hold"),
    "move": TO_BE_DONE,
    "priority": TO_BE_DONE,
    "due": TO_BE_DONE,
}


def selection_action(transition: str, description: Any, form_class: type[ReasonForm]) -> Any:
    """Return an action of the list that changes the selected tasks, or all that match."""

    @admin.action(description=description, permissions=["steer"])
    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Task]) -> Any:
        if is_for_all(request):
            return change_all(model_admin, request, queryset, transition, form_class)
        run = bulk_changes.CHANGES[transition]
        return change_selected(model_admin, request, queryset, run, form_class)

    act.__name__ = f"{transition}_selected"
    return act


def is_for_all(request: HttpRequest) -> bool:
    """Return whether an action is meant for all tasks that match, not only for those selected."""
    return request.POST.get("select_across") == "1"


def change_selected(
    model_admin: Any,
    request: HttpRequest,
    tasks: QuerySet[Task],
    run: Callable[..., object],
    form_class: type[ReasonForm],
) -> HttpResponse | None:
    """Ask once, then call `run(id, by=…, **answers)` for each task and report the outcome."""
    form = form_class.posted(request)
    if form.is_valid():
        _change_each(request, tasks, run, form.answers())
        return None
    title = model_admin.get_actions(request)[request.POST["action"]][2]
    tasks = tasks.select_related("queue", "assignee")
    return _question_page(model_admin, request, {"form": form, "title": title, "tasks": tasks})


def change_all(
    model_admin: Any,
    request: HttpRequest,
    tasks: QuerySet[Task],
    transition: str,
    form_class: type[ReasonForm],
) -> HttpResponse | None:
    """Ask once, then begin the bulk change and go to its page."""
    form = form_class.posted(request)
    upto = read_number(request.POST.get("upto", "")) or _last_id()
    # Tasks that arrive while the question is shown are not changed.
    tasks = tasks.filter(pk__lte=upto)
    if form.is_valid():
        change = bulk_changes.begin(transition, tasks, by=user_of(request), **form.answers())
        return redirect("admin:qc_task_bulk", change.pk)
    n = len(bulk_changes.matching(transition, tasks).values_list("pk"))
    if not n:
        warning = gettext("None of the matching tasks has a status that allows this.")
        messages.warning(request, warning)
        return None
    is_most = n == bulk_changes.MOST_TASKS
    for_all = {"n": n, "upto": upto, "states": STATES[transition], "is_most": is_most}
    context = {"form": form, "title": TITLES[transition], "for_all": for_all}
    return _question_page(model_admin, request, context)


def _question_page(model_admin: Any, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the page of the question; it sends the list's own action again, with the answers."""
    context = model_admin.admin_site.each_context(request) | {
        "action": request.POST["action"],
        "back": request.get_full_path(),
        "checkbox": helpers.ACTION_CHECKBOX_NAME,
        "opts": model_admin.model._meta,
        **context,
    }
    return TemplateResponse(request, "qc/tasks/ask_for_many.html", context)


def _last_id() -> int:
    return Task.objects.aggregate(last=Max("pk"))["last"] or 0


def _named(task: Task, refusal: str) -> str:
    """Return a refusal with the task's reference, which many of them begin with."""
    is_named = refusal.startswith(f"{task.reference} ")
    return refusal if is_named else f"{task.reference}: {refusal}"


def _try_each(
    change: Callable[[int], object], tasks: Iterable[Task]
) -> tuple[int, list[str], list[Task]]:
    """Return how many it changed, what was refused and why, and what others have locked."""
    changed, refusals, busy = 0, list[str](), list[Task]()
    for task in tasks:
        try:
            change(task.pk)
            changed += 1
        except Busy:
            busy.append(task)
        except QCError as error:
            refusals.append(_named(task, str(error)))
    return changed, refusals, busy


def _change_each(
    request: HttpRequest, tasks: QuerySet[Task], run: Callable[..., object], answers: dict[str, Any]
) -> None:
    tasks = bulk_changes.differing(tasks, answers)
    change = partial(run, by=request.user, **answers)
    changed, refusals, busy = _try_each(change, tasks.order_by(*UNASSIGNED_FIRST))
    # Whoever had them locked may be done by now.
    changed_late, refused_late, still_busy = _try_each(change, busy)
    changed += changed_late
    refusals += refused_late + [_named(task, str(Busy())) for task in still_busy]
    if changed:
        text = ngettext("%(n)d task changed.", "%(n)d tasks changed.", changed)
        messages.success(request, text % {"n": changed})
    elif not refusals:
        messages.info(request, gettext("Nothing was changed: the tasks have this value already."))
    for refusal in refusals[:REFUSALS_NAMED]:
        messages.error(request, refusal)
    if len(refusals) > REFUSALS_NAMED:
        messages.error(request, gettext("%d more were refused.") % (len(refusals) - REFUSALS_NAMED))
