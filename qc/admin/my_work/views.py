"""*My work*: where a QC person spends the day.

The page polls a panel every few seconds, which is redrawn only when something has changed, so
that what somebody is typing stays. Each button is a form and works without JavaScript too. A
refused action shows its message on the page.
"""

import contextlib
from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from qc.admin.my_work.state import MyWorkState
from qc.admin.shared.access import NOTHING_NEW, page_view
from qc.admin.shared.params import is_id
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, QCError
from qc.models import Outcome, User
from qc.work import actions, presence

work_view = page_view("qc.work_task", after_sign_in="admin:my_work")
work_button = page_view("qc.work_task", after_sign_in="admin:my_work", methods=["POST"])


@work_view
def page(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    context = {"title": _("My work"), "state": _state(request)}
    return render(request, "qc/my_work/page.html", site.each_context(request) | context)


@work_view
def panel(request: HttpRequest) -> HttpResponse:
    """Return the panel; 204 if the page already shows it."""
    state = _state(request)
    if request.GET.get("seen") == state.version:
        return HttpResponse(status=NOTHING_NEW)
    return _panel(request, state)


@work_button
def act(request: HttpRequest, task: int, action: str) -> HttpResponse:
    """Do a button's action, and show the panel with its message."""
    try:
        level, text = messages.SUCCESS, ACTIONS[action](request, task)
    except QCError as refusal:
        level, text = messages.ERROR, str(refusal)
    messages.add_message(request, level, text)
    if "HX-Request" not in request.headers:
        return redirect("admin:my_work")
    # The action may have changed the person too.
    request.user = User.objects.get(pk=request.user.pk)
    return _panel(request, _state(request))


def start(request: HttpRequest, task: int) -> str:
    """Start the task."""
    started = actions.start(task, by=_me(request))
    return _("%s is started.") % started.reference


def complete(request: HttpRequest, task: int) -> str:
    """Complete the task as passed or failed. Raise InvalidInput if it failed without notes."""
    outcome, notes = request.POST.get("outcome", ""), request.POST.get("notes", "")
    if outcome == Outcome.FAILED and not notes.strip():
        raise InvalidInput("notes", _("Please write in the notes what failed."))
    done, following = actions.complete(task, by=_me(request), outcome=outcome, notes=notes)
    text = _("%(task)s: %(outcome)s.") % {
        "task": done.reference,
        "outcome": done.get_outcome_display(),
    }
    if following or _state(request).has_tasks:
        return text
    return text + " " + _("No more tasks are waiting for you.")


def release(request: HttpRequest, task: int) -> str:
    """Give the task back to the queue."""
    released = actions.release(task, by=_me(request), reason=request.POST.get("reason", ""))
    return _("%s is back in the queue.") % released.reference


def claim(request: HttpRequest, task: int) -> str:
    """Claim a waiting task."""
    return _("%s is assigned to you.") % actions.claim(task, by=_me(request)).reference


@work_button
def draft(request: HttpRequest, task: int) -> HttpResponse:
    """Save the notes as typed so far; if the task is gone, the next panel shows that."""
    with contextlib.suppress(InvalidTransition, NotAllowed):
        actions.save_draft(task, request.POST.get("notes", ""), by=_me(request))
    return HttpResponse(status=NOTHING_NEW)


ACTIONS: dict[str, Callable[..., str]] = {
    action.__name__: action for action in (start, complete, release, claim)
}


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _state(request: HttpRequest) -> MyWorkState:
    wanted = request.GET.get("task", "")
    return MyWorkState(_me(request), int(wanted) if is_id(wanted) else None)


def _panel(request: HttpRequest, state: MyWorkState) -> HttpResponse:
    """Return the panel, with a message for each shown task that was taken away since."""
    params = request.POST if request.method == "POST" else request.GET
    held = {int(task) for task in params.get("held", "").split(",") if is_id(task)}
    for sentence in presence.taken(state.person, held - {task.pk for task in state.tasks}):
        messages.warning(request, sentence)
    return render(request, "qc/my_work/panel.html", {"state": state})


urlpatterns = [
    path("my-work/", page, name="my_work"),
    path("my-work/panel/", panel, name="my_work_panel"),
    *(
        path(f"my-work/<int:task>/{action}/", act, {"action": action}, name=f"my_work_{action}")
        for action in ACTIONS
    ),
    path("my-work/<int:task>/draft/", draft, name="my_work_draft"),
]
