"""*Floor*: people with their tasks and queues with theirs, live, and buttons for managers.

The page polls a panel every few seconds and sends digests of all that it shows: only cards and
rows that have changed are redrawn, the others stay as they are (`hx-preserve`). Where nothing has
been written since, `qc.web.looks` answers. The charts are
polled once a minute. Buttons open the dialogs of the pages of tasks, people and queues.
"""

from datetime import timedelta
from typing import Any

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.admin.floor import charts as floor_charts
from qc.admin.floor.state import FloorState
from qc.admin.shared.access import NOTHING_NEW, page_view
from qc.models import Queue, User
from qc.web import looks
from qc.work import backlog, explanations

# Times move, and tasks become late, without a row of history: shown after so long at most.
LOOK_FOR = timedelta(seconds=15)

floor_view = page_view("qc.view_task", after_sign_in="admin:floor")


@floor_view
def page(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    context = (
        site.each_context(request) | _context(request, _state(request)) | {"title": _("Floor")}
    )
    return render(request, "qc/floor/page.html", context)


@floor_view
def panel(request: HttpRequest) -> HttpResponse:
    """Return the panel with what has changed since `seen`; 204 when nothing has."""
    seen, known = request.GET.get("seen", ""), looks.of(request)
    look = known.until(timezone.now() + LOOK_FOR) if known else ""
    state = _state(request, seen)
    if seen == state.seen:
        return HttpResponse(status=NOTHING_NEW, headers={looks.HEADER: look})
    context = _context(request, state) | {"look": look}
    return render(request, "qc/floor/panel.html", context)


@floor_view
def charts(request: HttpRequest) -> HttpResponse:
    """Return the charts; 204 when they are still those of `seen`."""
    drawn = floor_charts.drawn()
    if request.GET.get("seen") == drawn.version:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "qc/floor/charts.html", drawn._asdict())


@floor_view
def why_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Explain why a person has no task."""
    person = get_object_or_404(User, pk=pk)
    context = {"title": _("Why does %s have no task?") % person, "person": person}
    return render(request, "qc/floor/why.html", context | {"why": explanations.of_person(person)})


@floor_view
def why_queue(request: HttpRequest, pk: int) -> HttpResponse:
    """Explain why the most urgent task of a queue waits."""
    queue = get_object_or_404(Queue, pk=pk)
    task = next(iter(backlog.heads({queue.pk: 1}, 1)), None)
    context = {
        "title": _("Why are tasks waiting in %s?") % queue,
        "task": task,
        "why": explanations.of_task(task) if task else _("No tasks are waiting in %s now.") % queue,
    }
    return render(request, "qc/floor/why.html", context)


def _state(request: HttpRequest, seen: str = "") -> FloorState:
    return FloorState(seen, getattr(request.user, "unread_mentions", 0))


def _context(request: HttpRequest, state: FloorState) -> dict[str, Any]:
    people = [card.person for card in state.people.cards]
    return {
        "state": state,
        "steers": permissions.is_manager(request.user),
        "steered": permissions.steered_by(request.user, people),
    }


urlpatterns = [
    path("floor/", page, name="floor"),
    path("floor/panel/", panel, name="floor_panel"),
    path("floor/charts/", charts, name="floor_charts"),
    path("floor/people/<int:pk>/why/", why_person, name="floor_why_person"),
    path("floor/queues/<int:pk>/why/", why_queue, name="floor_why_queue"),
]
