"""*Floor history*: the floor, or one task, person or queue, at a moment of the past.

It is read from the audit trail, by people who may read that, and each view is recorded there.
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

from qc.admin.point_in_time import comparison
from qc.admin.point_in_time.form import MomentForm
from qc.admin.point_in_time.rows import Rows, name_of
from qc.admin.point_in_time.urls import at, both
from qc.admin.shared import diffs
from qc.admin.shared.access import page_view
from qc.admin.trail.views import add_sentence
from qc.audit import trail
from qc.audit.seals import archived_rows
from qc.history import events, point_in_time
from qc.history.names import add_names
from qc.models import EventKind

PEOPLE_ON_A_PAGE = 100

Context = dict[str, Any]


@page_view("qc.view_historicaltask", after_sign_in="admin:floor_history")
def at_a_moment(request: HttpRequest, screen: str, **which: Any) -> HttpResponse:
    """Show the state at the chosen moment, or what is wrong with that moment.

    A local time is redirected to the address of its moment, which means the same to everybody.
    """
    form, other = MomentForm(request), MomentForm(request, prefix="with")
    context = site.each_context(request) | {"title": _("Floor history"), "forms": (form, other)}
    if not (form.is_valid() and (other.is_valid() or not other.is_given)):
        return render(request, f"qc/point_in_time/{screen}.html", context)
    moment = form.cleaned_data["at"]
    second = other.cleaned_data["at"] if other.is_given else None
    if not (form.is_exact and (second is None or other.is_exact)):
        return HttpResponseRedirect(both(moment, second))
    context |= {"moment": moment, "second": second, "at": at(moment)}
    context["is_archived"] = archived_rows.may_have(min(moment, second or moment))
    if second is not None:
        context |= comparison.CONTEXTS[screen](moment, second, **which)
        return render(request, f"qc/point_in_time/compared_{screen}.html", context)
    context |= {"steps": form.steps(moment)} | CONTEXTS[screen](request, moment, **which)
    return render(request, f"qc/point_in_time/{screen}.html", context)


def floor(request: HttpRequest, moment: datetime) -> Context:
    """Return the people who were signed in and the queues, each with their tasks."""
    found = point_in_time.floor(moment)
    people = Paginator(found.people, PEOPLE_ON_A_PAGE).get_page(request.GET.get("page"))
    for person in people:
        person.row.open_tasks = len(person.held)
    _note(moment, len(people))
    rows = Rows(moment)
    return {
        "floor": found,
        "people": people,
        "people_rows": rows.people(people),
        "queue_rows": rows.queues(found.queues),
        "most": point_in_time.MOST_SINCE,
    }


def thing(_request: HttpRequest, moment: datetime, table: str, pk: int) -> Context:
    """Return one task, person or queue: its history row then, and what is different now."""
    found = point_in_time.of(table, pk, moment)
    if found is None:
        raise Http404
    rows = [row for row in (found.row, found.first, found.newest) if row is not None]
    prefetch_related_objects(rows, *trail.NAMED[table], *diffs.named_by(found.newest))
    for row in rows:
        row.table = table
    add_names(rows)
    for row in rows:
        add_sentence(row)
    _note(moment, 1, **{table: name_of(found.newest)})
    beside = [] if found.row is None else diffs.side_by_side(found.row, found.newest)
    context = {"thing": found, "table": table, "name": name_of(found.newest), "columns": beside}
    if table == "person":
        context["held"] = Rows(moment).held(point_in_time.held_by(pk, moment))
        context["queues"] = point_in_time.queues_of(pk, moment)
    return context


def _note(moment: datetime, rows: int, **which: str) -> None:
    """Record in the audit trail what was read, and for which moment."""
    events.record(EventKind.READ, filters={"at": moment.isoformat(), **which}, rows=rows)


CONTEXTS: dict[str, Callable[..., Context]] = {"floor": floor, "thing": thing}

urlpatterns = [
    path("floor-history/", at_a_moment, {"screen": "floor"}, name="floor_history"),
    path(
        "floor-history/<str:table>/<int:pk>/",
        at_a_moment,
        {"screen": "thing"},
        name="floor_history_thing",
    ),
]
