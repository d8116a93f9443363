"""Import of tasks; what a row may say stands in `qc.rows`.

An import is all or nothing. A reference that is new makes a task; one that is still waiting is
changed where the file says something else; one that is in work or done is left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

from django.conf import settings
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc import desk, history, permissions, tables
from qc.cells import Fault
from qc.columns import check_mapping, guess
from qc.models import Queue, Status, Task, User
from qc.origin import Through, acting
from qc.rows import Checker, same
from qc.transactions import retrying
from qc.zones import for_the_record

STILL_WAITING = (Status.PENDING, Status.ON_HOLD)
# The due date before the priority: which priority counts depends on it.
CHANGEABLE = ("name", "queue", "due_at", "priority", "instructions", "link", "details")


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

    Gives what it did, or with `dry_run` what it would do. Faults are given, not raised. Raises
    NotAllowed unless `by` is a manager (or None, a job).
    """
    if by is not None:
        permissions.check_manager(by)
    try:
        rows, faults = _checked(BytesIO(data))
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


def _checked(file: BinaryIO) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Gives what each row says, and everything that is wrong. Raises BadFile."""
    rows = tables.read(file, tables.detect(file))
    header = next(rows)
    columns = guess(header.cells)
    if faults := check_mapping(header.cells, columns, header.number):
        return [], faults
    told: list[dict[str, Any]] = []
    checker = Checker(columns)
    for row in rows:
        if len(told) == settings.QC_IMPORT_ROWS:
            words = _("The file has more than %d rows, the most that it may have.")
            raise tables.BadFile(words % len(told))
        values, wrong = checker.check(row)
        told.append(values)
        faults += wrong
    return told, faults


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
    with for_the_record():
        source = pgettext("a file", "from %s") % filename
    for tasks, kind, created in ((result.new, "imported", True), (changed, "changed", False)):
        reasons = [source] * len(tasks)
        history.record_many(tasks, kind=kind, by=by, reasons=reasons, created=created)
    return result


def _know_ids(tasks: list[Task]) -> None:
    # MySQL does not tell the ids of what it has inserted in bulk; MariaDB and SQLite do.
    unknown = {task.reference: task for task in tasks if task.pk is None}
    known = Task.objects.filter(reference__in=unknown).values_list("reference", "pk")
    for reference, pk in known if unknown else ():
        unknown[reference].pk = pk


def _plan(rows: list[dict[str, Any]], tasks: QuerySet[Task]) -> ImportResult:
    """Compares the rows with what is there; the tasks it gives hold what is to be saved."""
    result = ImportResult()
    there = _there([row["reference"] for row in rows], tasks)
    for row in rows:
        task = there.get(row["reference"])
        if task is None:
            told = {name: value for name, value in row.items() if value is not None}
            result.new.append(Task(**told))
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
        kept, told = getattr(task, name), row.get(name)
        if told is None or same(kept, told) or _undoes_a_raise(task, name, told):
            continue
        changes[name] = (kept, told)
        setattr(task, name, told)
    if changes.keys() & {"due_at", "priority"}:
        task.plan_raise()
    return changes


def _undoes_a_raise(task: Task, name: str, told: Any) -> bool:
    # The sweep raises what is past due; the same file again must not begin that anew.
    return name == "priority" and task.is_late and told > task.priority
