"""*Floor*: who is there with what, what waits where, live; and the ways to steer it.

The page holds a panel that asks every few seconds whether anything has changed. It names what it
has seen; of the answer only the cards and rows that differ are drawn anew, the others stay as
they are (`hx-preserve`). The charts are asked for by themselves, once a minute. What a manager
does opens the very dialogs of the pages of tasks, people and queues, and comes back here.
"""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from qc import permissions
from qc.admin.floor import charts as floor_charts
from qc.admin.floor.state import State
from qc.admin.shared.access import NOTHING_NEW, guarded
from qc.admin.shared.etags import version
from qc.models import Queue, User
from qc.work import backlog, explanations


def urls(site: Any) -> list[URLPattern]:
    """Return the addresses of the page and its parts, for the admin site to include."""

    def inside(view: Any) -> Any:
        return guarded(site, "qc.view_task", "admin:floor", require_GET(view))

    return [
        path("floor/", inside(partial(page, site)), name="floor"),
        path("floor/panel/", inside(panel), name="floor_panel"),
        path("floor/charts/", inside(charts), name="floor_charts"),
        path("floor/people/<int:pk>/why/", inside(why_person), name="floor_why_person"),
        path("floor/queues/<int:pk>/why/", inside(why_queue), name="floor_why_queue"),
    ]


def page(site: Any, request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    context = site.each_context(request) | _context(request, State()) | {"title": _("Floor")}
    return render(request, "qc/floor/page.html", context)


def panel(request: HttpRequest) -> HttpResponse:
    """Return what has changed, or nothing when all is still what was seen."""
    seen = request.GET.get("seen", "")
    state = State(seen)
    if seen == state.seen:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/floor/panel.html", _context(request, state))


def charts(request: HttpRequest) -> HttpResponse:
    """Return the charts, or nothing when they are still what was seen."""
    made = floor_charts.charts()
    now = version(*(chart.data for chart in made))
    if request.GET.get("seen") == now:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/floor/charts.html", {"charts": made, "seen": now})


def why_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why a person has what they have, or nothing."""
    person = get_object_or_404(User, pk=pk)
    context = {"title": _("Why does %s have no task?") % person, "person": person}
    return render(request, "qc/floor/why.html", context | {"why": explanations.of_person(person)})


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
