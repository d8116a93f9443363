"""Two moments beside each other: what was different on the floor, or of a task, person or queue."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.http import Http404
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from qc.admin.point_in_time.rows import Rows, name_of
from qc.admin.shared import diffs
from qc.history import events, point_in_time
from qc.history.point_in_time import Floor, Presence, QueueAtMoment
from qc.models import EventKind

# The most people and the most queues that are shown.
MOST = 200

Context = dict[str, Any]


class Pair(NamedTuple):
    """One person at both moments."""

    name: str
    names: str
    one: SafeString
    other: SafeString


class QueuePair(NamedTuple):
    """One queue at both moments: its tasks in work, waiting and on hold, None where it was not."""

    name: str
    one: QueueAtMoment | None
    other: QueueAtMoment | None


def floor(one: datetime, other: datetime) -> Context:
    """Return the people and queues that were different at two moments."""
    floors = point_in_time.floor(one), point_in_time.floor(other)
    people, queues = _people(one, other, *floors), _queues(*floors)
    _note(one, other, len(people) + len(queues))
    return {
        "people": people[:MOST],
        "queues": queues[:MOST],
        "more": max(len(people), len(queues)) > MOST,
        "most": MOST,
        "floors": floors,
    }


def thing(one: datetime, other: datetime, table: str, pk: int) -> Context:
    """Return one task, person or queue at two moments, column by column."""
    found = point_in_time.of(table, pk, one)
    second = point_in_time.of(table, pk, other)
    if found is None or second is None:
        raise Http404
    rows = [row for row in (found.row, second.row) if row is not None]
    if rows:
        prefetch_related_objects(rows, *diffs.named_by(found.newest))
    name = name_of(found.newest)
    _note(one, other, len(rows), **{table: name})
    beside = diffs.side_by_side(*rows) if len(rows) == 2 else []
    link = _between(one, other, **{table: str(pk) if table == "queue" else name})
    return {
        "name": name,
        "columns": beside,
        "between": link,
        "found": found,
        "second_found": second,
    }


def _people(one: datetime, other: datetime, then: Floor, later: Floor) -> list[Pair]:
    """Return the people of whom something was different, by name."""
    before, after = ({one.row.id: one for one in there.people} for there in (then, later))
    rows = Rows(one), Rows(other)
    pairs = [
        _pair(rows, before.get(pk), after.get(pk))
        for pk in before | after
        if _state(before.get(pk)) != _state(after.get(pk))
    ]
    return sorted(pairs)


def _pair(rows: tuple[Rows, Rows], one: Presence | None, other: Presence | None) -> Pair:
    row = (one or other).row  # type: ignore[union-attr]
    for there in (one, other):
        if there is not None:
            there.row.open_tasks = len(there.held)
    names = f"{row.first_name} {row.last_name}".strip()
    return Pair(row.username, names, rows[0].presence(one), rows[1].presence(other))


def _state(there: Presence | None) -> Any:
    """Return what is compared of a person."""
    return there and (there.row.break_reason, [task.id for task in there.held])


def _queues(then: Floor, later: Floor) -> list[QueuePair]:
    """Return the queues of which a number was different, by name."""
    before, after = ({one.row.id: one for one in there.queues} for there in (then, later))
    pairs = [
        QueuePair((after.get(pk) or before[pk]).row.name, before.get(pk), after.get(pk))
        for pk in before | after
        if _numbers(before.get(pk)) != _numbers(after.get(pk))
    ]
    return sorted(pairs, key=lambda pair: pair.name)


def _numbers(queue: QueueAtMoment | None) -> Iterable[Any] | None:
    return queue and (queue.in_work, queue.waiting, queue.on_hold, queue.row.is_paused)


def _between(one: datetime, other: datetime, **which: str) -> str:
    """Return the address of what the trail has between two moments, to their minutes."""
    since, until = sorted((one, other))
    span = {"since": since, "until": until + timedelta(minutes=1)}
    minutes = {name: f"{localtime(moment):%Y-%m-%dT%H:%M}" for name, moment in span.items()}
    return f"{reverse('admin:trail')}?{urlencode(which | minutes)}"


def _note(one: datetime, other: datetime, rows: int, **which: str) -> None:
    """Record in the audit trail what was read, and for which moments."""
    moments = {"at": one.isoformat(), "with": other.isoformat()}
    events.record(EventKind.READ, filters={**moments, **which}, rows=rows)


CONTEXTS: dict[str, Callable[..., Context]] = {"floor": floor, "thing": thing}
