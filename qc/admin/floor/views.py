"""*Floor*: who is there with what, what waits where, live; and the ways to steer it.

The page holds a panel that asks every few seconds whether anything has changed. It names what it
has seen; of the answer only the cards and rows that differ are drawn anew, the others stay as
they are (`hx-preserve`). The charts are asked for by themselves, once a minute. What a manager
does opens the very dialogs of the pages of tasks, people and queues, and comes back here.
"""

from typing import Any

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.translation import gettext as _

from qc import permissions
from qc.admin.floor import charts as floor_charts
from qc.admin.floor.state import State
from qc.admin.shared.access import NOTHING_NEW, page_view
from qc.admin.shared.etags import version
from qc.models import Queue, User
from qc.work import backlog, explanations

floor_view = page_view("qc.view_task", after_sign_in="admin:floor")


@floor_view
def page(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    context = site.each_context(request) | _context(request, State()) | {"title": _("Floor")}
    return render(request, "qc/floor/page.html", context)


@floor_view
def panel(request: HttpRequest) -> HttpResponse:
    """Return what has changed, or nothing when all is still what was seen."""
    seen = request.GET.get("seen", "")
    state = State(seen)
    if seen == state.seen:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/floor/panel.html", _context(request, state))


@floor_view
def charts(request: HttpRequest) -> HttpResponse:
    """Return the charts, or nothing when they are still what was seen."""
    made = floor_charts.charts()
    now = version(*(chart.data for chart in made))
    if request.GET.get("seen") == now:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/floor/charts.html", {"charts": made, "seen": now})


@floor_view
def why_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why a person has what they have, or nothing."""
    person = get_object_or_404(User, pk=pk)
    context = {"title": _("Why does %s have no task?") % person, "person": person}
    return render(request, "qc/floor/why.html", context | {"why": explanations.of_person(person)})


@floor_view
def why_queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why the most urgent task of a queue waits."""
    queue = get_object_or_404(Queue, pk=pk)
    task = next(iter(backlog.heads({queue.pk: 1}, 1)), None)
    context = {
        "title": _("Why are tasks waiting in %s?") % queue,
        "task": task,
        "why": explanations.of_task(task) if task else _("No tasks are waiting in %s now.") % queue,
    }
    return render(request, "qc/floor/why.html", context)


def _context(request: HttpRequest, state: State) -> dict[str, Any]:
    return {"state": state, "steers": permissions.is_manager(request.user)}


urlpatterns = [
    path("floor/", page, name="floor"),
    path("floor/panel/", panel, name="floor_panel"),
    path("floor/charts/", charts, name="floor_charts"),
    path("floor/people/<int:pk>/why/", why_person, name="floor_why_person"),
    path("floor/queues/<int:pk>/why/", why_queue, name="floor_why_queue"),
]
