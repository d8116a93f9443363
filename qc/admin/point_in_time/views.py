"""*As it was*: the floor, or one task, person or queue, at a moment of the past.

It is read from the audit trail, by who may read that, and each reading is an event of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.admin import site
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from qc.admin.point_in_time.form import MomentForm
from qc.admin.point_in_time.urls import at
from qc.admin.shared import diffs
from qc.admin.shared.access import page_view
from qc.admin.trail.views import tell
from qc.audit import events, trail
from qc.audit.seals import archived_rows
from qc.history import point_in_time
from qc.history.point_in_time import Thing
from qc.models import EventKind

PEOPLE = 100

Shown = dict[str, Any]


@page_view("qc.view_historicaltask", after_sign_in="admin:floor_history")
def at_a_moment(
    request: HttpRequest, show: Callable[..., Shown], template: str, **which: Any
) -> HttpResponse:
    """Show what there was at the moment that is asked for; what can't be asked is said.

    A moment by the clock on the wall is turned into an address that means the same to everybody.
    """
    form = MomentForm(request)
    context = site.each_context(request) | {"title": _("Floor history"), "form": form}
    if form.is_valid():
        moment = form.cleaned_data["at"]
        if not form.is_exact:
            return HttpResponseRedirect(at(moment))
        context |= {"moment": moment, "at": at(moment), "steps": form.steps(moment)}
        context |= {"is_archived": archived_rows.may_have(moment)} | show(request, moment, **which)
    return render(request, f"qc/point_in_time/{template}.html", context)


def floor(request: HttpRequest, moment: datetime) -> Shown:
    """Return who was there, what they held, and how the queues stood."""
    found = point_in_time.floor(moment)
    people = Paginator(found.people, PEOPLE).get_page(request.GET.get("page"))
    for person in people:
        person.row.open_tasks = len(person.held)
    _note(moment, len(people))
    return {"floor": found, "people": people, "most": point_in_time.MOST_SINCE}


def thing(_request: HttpRequest, moment: datetime, table: str, pk: int) -> Shown:
    """Return one task, person or queue, the row that says so, and what is different now."""
    found = point_in_time.of(table, pk, moment)
    if found is None:
        raise Http404
    rows = [row for row in (found.row, found.first, found.newest) if row is not None]
    prefetch_related_objects(rows, *trail.NAMED[table], *diffs.named_by(found.newest))
    for row in rows:
        row.table = table
        tell(row)
    _note(moment, 1, **{table: _name(found.newest)})
    beside = [] if found.row is None else diffs.side_by_side(found.row, found.newest)
    context = {"thing": found, "table": table, "name": _name(found.newest), "columns": beside}
    return context | (_of_person(found, moment) if table == "person" else {})


def _of_person(found: Thing, moment: datetime) -> Shown:
    pk = found.newest.id
    return {
        "held": point_in_time.held_by(pk, moment),
        "queues": point_in_time.queues_of(pk, moment),
    }


def _name(row: Any) -> str:
    return str(getattr(row, "reference", "") or getattr(row, "username", "") or row.name)


def _note(moment: datetime, rows: int, **which: str) -> None:
    """Write down that this was read: of which moment, and whose."""
    events.record(EventKind.READ, filters={"at": moment.isoformat(), **which}, rows=rows)


urlpatterns = [
    path("floor-history/", at_a_moment, {"show": floor, "template": "floor"}, name="floor_history"),
    path(
        "floor-history/<str:table>/<int:pk>/",
        at_a_moment,
        {"show": thing, "template": "thing"},
        name="floor_history_thing",
    ),
]
