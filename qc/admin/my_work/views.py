"""*My work*: where a QC person spends the day.

The page holds a panel that asks every few seconds whether anything has changed; only then is it
drawn anew, so that what somebody is typing stays. Each button is a form of its own and works
without JavaScript too. What the desk refuses is said on the page, in its own words.
"""

import contextlib
from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc.admin.my_work.state import State
from qc.admin.shared.access import NOTHING_NEW, page_view
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
    """Return the panel anew, or nothing when it is still what was seen."""
    state = _state(request)
    if request.GET.get("seen") == state.version:
        return HttpResponse(status=NOTHING_NEW)
    return _panel(request, state)


@work_button
def act(request: HttpRequest, task: int, action: str) -> HttpResponse:
    """Do what a button says, and show the panel with what came of it."""
    try:
        level, text = messages.SUCCESS, ACTIONS[action](request, task)
    except QCError as refusal:
        level, text = messages.ERROR, str(refusal)
    messages.add_message(request, level, text)
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(reverse("admin:my_work"))
    # What the person is has changed with it.
    request.user = User.objects.get(pk=request.user.pk)
    return _panel(request, _state(request))


def start(request: HttpRequest, task: int) -> str:
    """Start the task."""
    started = actions.start(task, by=_me(request))
    return _("%s is started.") % started.reference


def complete(request: HttpRequest, task: int) -> str:
    """Complete the task, passed or failed; what failed needs notes."""
    outcome, notes = request.POST.get("outcome", ""), request.POST.get("notes", "")
    if outcome == Outcome.FAILED and not notes.strip():
        raise InvalidInput("notes", _("Please write in the notes what failed."))
    done, following = actions.complete(task, by=_me(request), outcome=outcome, notes=notes)
    said = _("%(task)s: %(outcome)s.") % {
        "task": done.reference,
        "outcome": done.get_outcome_display(),
    }
    if following or _state(request).has_tasks:
        return said
    return said + " " + _("No more tasks are waiting for you.")


def release(request: HttpRequest, task: int) -> str:
    """Return the task back."""
    released = actions.release(task, by=_me(request), reason=request.POST.get("reason", ""))
    return _("%s is back in the queue.") % released.reference


def claim(request: HttpRequest, task: int) -> str:
    """Take a waiting task."""
    return _("%s is assigned to you.") % actions.claim(task, by=_me(request)).reference


@work_button
def draft(request: HttpRequest, task: int) -> HttpResponse:
    """Keep what is being typed; when the task is gone meanwhile, the panel says so soon."""
    with contextlib.suppress(InvalidTransition, NotAllowed):
        actions.save_draft(task, request.POST.get("notes", ""), by=_me(request))
    return HttpResponse(status=NOTHING_NEW)


ACTIONS: dict[str, Callable[..., str]] = {
    "start": start,
    "complete": complete,
    "release": release,
    "claim": claim,
}


def _me(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _state(request: HttpRequest) -> State:
    wanted = request.GET.get("task", "")
    return State(_me(request), int(wanted) if _is_number(wanted) else None)


def _panel(request: HttpRequest, state: State) -> HttpResponse:
    """Return the panel, and say what of the tasks that it showed before was taken away."""
    asked = request.POST if request.method == "POST" else request.GET
    held = {int(task) for task in asked.get("held", "").split(",") if _is_number(task)}
    for sentence in presence.taken(state.person, held - {task.pk for task in state.tasks}):
        messages.warning(request, sentence)
    return render(request, "qc/my_work/panel.html", {"state": state})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


urlpatterns = [
    path("my-work/", page, name="my_work"),
    path("my-work/panel/", panel, name="my_work_panel"),
    *(
        path(f"my-work/<int:task>/{action}/", act, {"action": action}, name=f"my_work_{action}")
        for action in ACTIONS
    ),
    path("my-work/<int:task>/draft/", draft, name="my_work_draft"),
]
