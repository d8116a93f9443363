"""Import and export of tasks: the columns, and the rules for a row.

An import is all or nothing. A reference that is new makes a task; one that is still waiting is
changed where the file says something else; one that is in work or done is left alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

import tablib
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from import_export import resources

from qc import desk, history, tables
from qc.models import Priority, Queue, Status, Task, User
from qc.origin import Through, acting
from qc.transactions import retrying

NEEDED = ("reference", "name", "queue")
COLUMNS = (*NEEDED, "priority", "due_at", "instructions", "link")
# Exported for the reader; told nothing when they come back.
STATE = ("status", "person", "assigned_at", "completed_at", "outcome", "notes")
STILL_WAITING = (Status.PENDING, Status.ON_HOLD)
WORDS = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
PRIORITIES = (
    WORDS | {str(p.value): p.value for p in Priority} | {p.name.lower(): p for p in Priority}
)
# A spreadsheet runs a cell that begins so.
RUNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is allowed there."""

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True)
class Change:
    """What an import changes in a task that waits: column → (old, new)."""

    task: Task
    columns: dict[str, tuple[Any, Any]]


@dataclass
class ImportResult:
    """What an import does, or would do. With any faults it does nothing."""

    new: list[Task] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    unchanged: list[Task] = field(default_factory=list)
    left_alone: list[Task] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def import_tasks(
    data: bytes, filename: str, *, by: User | None, dry_run: bool = False
) -> ImportResult:
    """Imports a CSV or XLSX file, and hands out what is new.

    Gives what it did, or with `dry_run` what it would do. Faults are given, not raised.
    """
    try:
        rows, faults = _checked(*tables.read(data, filename))
    except tables.BadFile as refusal:
        return ImportResult(faults=[Fault(1, "", "", str(refusal))])
    if faults:
        return ImportResult(faults=faults)
    if dry_run:
        return _plan(rows, Task.objects.all())
    with acting(Through.IMPORT, by):
        result = _imported(rows, filename, by)
        desk.filled({task.queue_id for task in result.new + [one.task for one in result.changed]})
    return result


def _imported(rows: list[dict[str, Any]], filename: str, by: User | None) -> ImportResult:
    try:
        return _write(rows, filename, by)
    except IntegrityError:
        # Somebody else imported the same references meanwhile: now they are there.
        return _write(rows, filename, by)


@retrying
def _write(rows: list[dict[str, Any]], filename: str, by: User | None) -> ImportResult:
    result = _plan(rows, Task.objects.select_for_update())
    now = timezone.now()
    for task in result.new:
        task.created_by = by
        task.arrive(now)
    Task.objects.bulk_create(result.new, batch_size=history.BATCH)
    _know_ids(result.new)
    changed = [one.task for one in result.changed]
    Task.objects.bulk_update(changed, [*CHANGEABLE, "raise_at"], batch_size=history.BATCH)
    for tasks, kind, created in ((result.new, "imported", True), (changed, "changed", False)):
        reasons = [_("from %s") % filename] * len(tasks)
        history.record_many(tasks, kind=kind, by=by, reasons=reasons, created=created)
    return result


def _know_ids(tasks: list[Task]) -> None:
    # MySQL does not tell the ids of what it has inserted in bulk; MariaDB and SQLite do.
    unknown = {task.reference: task for task in tasks if task.pk is None}
    known = Task.objects.filter(reference__in=unknown).values_list("reference", "pk")
    for reference, pk in known if unknown else ():
        unknown[reference].pk = pk


CHANGEABLE = ("name", "queue", "priority", "due_at", "instructions", "link", "details")


def _plan(rows: list[dict[str, Any]], tasks: QuerySet[Task]) -> ImportResult:
    """Compares the rows with what is there; the tasks it gives hold what is to be saved."""
    result = ImportResult()
    there = _there([row["reference"] for row in rows], tasks)
    for row in rows:
        task = there.get(row["reference"])
        if task is None:
            result.new.append(Task(**row))
        elif task.status not in STILL_WAITING:
            result.left_alone.append(task)
        elif columns := _changes(task, row):
            result.changed.append(Change(task, columns))
        else:
            result.unchanged.append(task)
    return result


def _there(references: Sequence[str], tasks: QuerySet[Task]) -> dict[str, Task]:
    found: dict[str, Task] = {}
    for start in range(0, len(references), history.BATCH):
        wanted = references[start : start + history.BATCH]
        some = tasks.filter(reference__in=wanted).order_by("pk")
        found |= {task.reference: task for task in some}
    queues = Queue.objects.in_bulk({task.queue_id for task in found.values()})
    for task in found.values():
        task.queue = queues[task.queue_id]
    return found


def _changes(task: Task, row: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    changes = {}
    for name in CHANGEABLE:
        # A column that the file does not have, and an empty due date, say nothing.
        if name in row and row[name] is not None and row[name] != getattr(task, name):
            changes[name] = (getattr(task, name), row[name])
            setattr(task, name, row[name])
    if changes.keys() & {"due_at", "priority"}:
        task.plan_raise()
    return changes


def _checked(header: list[str], rows: list[tables.Row]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Gives each row's columns as a task keeps them, and everything that is wrong."""
    names = [name if name.lower() not in COLUMNS + STATE else name.lower() for name in header]
    if faults := list(_header_faults(names, len(rows))):
        return [], faults
    queues = {queue.name.casefold(): queue for queue in Queue.objects.all()}
    seen: dict[str, int] = {}
    clean = []
    for row in rows:
        values, wrong = _row(names, row, queues)
        faults += wrong
        if reference := values.get("reference"):
            first = seen.setdefault(reference, row.number)
            if first != row.number:
                message = _("It stands in row %d already; it must be unique.") % first
                faults.append(Fault(row.number, "reference", reference, message))
        clean.append(values)
    return clean, faults


def _header_faults(names: list[str], rows: int) -> Iterable[Fault]:
    for name in NEEDED:
        if name not in names:
            message = _("This column is missing. Needed are: %s.") % ", ".join(NEEDED)
            yield Fault(1, name, "", message)
    for name in {name for name in names if name and names.count(name) > 1}:
        yield Fault(1, name, name, _("This column stands there twice."))
    if rows > settings.QC_IMPORT_ROWS:
        message = _("%(n)d rows are too many; at most %(most)d are allowed in one file.")
        yield Fault(1, "", "", message % {"n": rows, "most": settings.QC_IMPORT_ROWS})


def _row(
    names: list[str], row: tables.Row, queues: dict[str, Queue]
) -> tuple[dict[str, Any], list[Fault]]:
    if len(row.cells) > len(names) and any(row.cells[len(names) :]):
        message = _("%(cells)d cells, but the header names %(names)d columns.")
        counts = {"cells": len(row.cells), "names": len(names)}
        return {}, [Fault(row.number, "", "", message % counts)]
    cells = dict(zip(names, map(_unescaped, row.cells), strict=False))
    values: dict[str, Any] = {}
    faults = []
    for name in [one for one in COLUMNS if one in names]:
        try:
            values[name] = _value(name, cells.get(name, ""), queues)
        except ValueError as refusal:
            faults.append(Fault(row.number, name, cells.get(name, ""), str(refusal)))
    own = {name: cell for name, cell in cells.items() if name not in COLUMNS + STATE}
    if any(name and name not in COLUMNS + STATE for name in names):
        values["details"] = {name: cell for name, cell in own.items() if name and cell}
    return values, faults


def _value(name: str, cell: str, queues: dict[str, Queue]) -> Any:
    """Gives what a task keeps for a cell. Raises ValueError with what is allowed."""
    if name == "queue":
        if cell.casefold() not in queues:
            there = ", ".join(sorted(queue.name for queue in queues.values()))
            raise ValueError(_("There is no such queue; there are: %s.") % there)
        return queues[cell.casefold()]
    if name == "priority":
        if cell and cell.lower() not in PRIORITIES:
            raise ValueError(_("It must be 1, 2, 3 or 4; or urgent, high, normal or low."))
        return Priority(PRIORITIES[cell.lower()]) if cell else Priority.P3
    if name == "due_at":
        return _due(cell) if cell else None
    return _model_value(name, cell)


def _model_value(name: str, cell: str) -> Any:
    column = Task._meta.get_field(name)
    try:
        return column.clean(cell, None)  # type: ignore[union-attr]
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def _due(cell: str) -> datetime:
    allowed = _("It must be a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.")
    for pattern in ("%d.%m.%Y %H:%M", "%d.%m.%Y"):
        try:
            cell = datetime.strptime(cell, pattern).isoformat(" ")[: 16 if ":" in pattern else 10]  # noqa: DTZ007
        except ValueError:
            continue
    try:
        day, moment = parse_date(cell), parse_datetime(cell)
    except ValueError as error:
        raise ValueError(allowed) from error
    if day is not None and len(cell) <= len("2026-11-30"):
        # A bare date means: some time that day.
        moment = datetime.combine(day, time(23, 59))
    if moment is None:
        raise ValueError(allowed)
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _unescaped(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _runs(cell) else cell


class TaskResource(resources.ModelResource):
    """Tasks as a table: our columns, then those of `details`, then their state."""

    class Meta:
        model = Task
        fields = COLUMNS

    def export(self, queryset: Any = None, **_kwargs: Any) -> tablib.Dataset:
        """Gives the table; cells that a spreadsheet would run are made text by a leading '."""
        tasks = list((queryset if queryset is not None else Task.objects.all()).select_related())
        extra = list(dict.fromkeys(name for task in tasks for name in task.details))
        table = tablib.Dataset(headers=[*COLUMNS, *map(_escaped, extra), *STATE])
        for task in tasks:
            details = [task.details.get(name, "") for name in extra]
            table.append([_escaped(cell) for cell in (*_ours(task), *details, *_state(task))])
        return table


def _ours(task: Task) -> tuple[object, ...]:
    priority, due = Priority(task.priority).name, _moment(task.due_at)
    return task.reference, task.name, task.queue, priority, due, task.instructions, task.link


def _state(task: Task) -> tuple[object, ...]:
    moments = (_moment(task.assigned_at), _moment(task.completed_at))
    return task.status, task.assignee or "", *moments, task.outcome, task.notes


def _moment(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(" ") if moment else ""


def _escaped(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if _runs(text) else text


def _runs(text: str) -> bool:
    # What has an apostrophe of its own gets one more, so that it comes back with it.
    return text.lstrip("'").startswith(RUNS)
