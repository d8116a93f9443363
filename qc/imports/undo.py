"""Undoes an import, as long as nobody has touched its tasks since.

Its history rows say which tasks are its own: they lie in a known span of ids and bear its name.
A task with a later row was touched since. A request looks at the first of them only; a worker looks
at all before it undoes any.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import history, permissions
from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.imports.lease import ask, hold
from qc.imports.planner import CHANGEABLE
from qc.models import ChangeKind, Import, ImportState, Task, User
from qc.work import actions

BATCH = 500
NAMED = 20
# So many of its rows are looked at while somebody waits for a page.
LOOKED_AT = 2000
# What `Import.shown` keeps meanwhile: what is left as it is, and how the record was before.
KEPT, BEFORE = "kept", "before"


class Obstacles(NamedTuple):
    """Tasks that were touched since: how many, the first of them, whether all were looked at."""

    touched: int
    first: list[str]
    is_all: bool


def obstacles(record: Import) -> Obstacles:
    """Return what stands in the way of undoing it, among its first rows."""
    rows = rows_of(record)
    beyond = rows.order_by("history_id").values_list("history_id", flat=True)[LOOKED_AT:].first()
    looked = rows.filter(history_id__lt=beyond) if beyond else rows
    touched = list(_touched(looked).order_by("history_id").values_list("reference", flat=True))
    return Obstacles(len(touched), touched[:NAMED], beyond is None)


def untouched(record: Import) -> QuerySet[Task]:
    """Return the tasks that it made and nobody has touched since."""
    rows = rows_of(record).filter(~_later(), history_type="+").order_by()
    return Task.objects.filter(pk__in=rows.values("id"))


@transaction.atomic
def begin(record: Import, *, by: User) -> None:
    """Let it be undone. Raises NotAllowed, or InvalidTransition where something is in the way."""
    permissions.check_manager(by)
    record.refresh_from_db(from_queryset=Import.objects.select_for_update())
    if not record.has_written:
        raise InvalidTransition(_("This import has nothing that can be undone."))
    found = obstacles(record)
    if found.touched:
        raise InvalidTransition(_("Some of its tasks have been changed since."))
    if not found.is_all:
        was = {name: getattr(record, name) for name in ("state", "rows", "position")}
        record.shown = record.shown | {BEFORE: was}
    record.state, record.undone_by, record.rows = ImportState.UNDOING, by, record.good
    record.error = ""
    ask(record)
    record.save()


def undo(record: Import) -> None:
    """Delete the tasks that it made and sets back those that it changed, batch by batch.

    Does nothing where a task of a large one has been touched since: its record says which.
    """
    if BEFORE in record.shown and not _is_clear(record):
        return
    while rows := list(rows_of(record).order_by("history_id")[:BATCH]):
        actions.hand_out_from(_undo_batch(record, rows))
    kept = record.shown.get(KEPT, [])
    said = ngettext(
        "%(n)d task was changed meanwhile and is skipped: %(first)s",
        "%(n)d tasks were changed meanwhile and are skipped: %(first)s",
        len(kept),
    ) % {"n": len(kept), "first": ", ".join(kept[:NAMED])}
    told = {"error": said if kept else "", "finished_at": timezone.now(), "worker": ""}
    hold(record, state=ImportState.UNDONE, **told)


def _is_clear(record: Import) -> bool:
    """Look at all its rows; where a task was touched since, return the record back as it was."""
    looked, touched, first = 0, 0, list[str]()
    rows = rows_of(record).order_by("history_id").values_list("history_id", flat=True)
    ids = list(rows[:BATCH])
    while ids:
        some = _touched(Task.history.filter(history_id__in=ids)).order_by("history_id")
        names = list(some.values_list("reference", flat=True))
        looked, touched, first = looked + len(ids), touched + len(names), (first + names)[:NAMED]
        hold(record, position=looked)
        ids = list(rows.filter(history_id__gt=ids[-1])[:BATCH])
    was = record.shown.pop(BEFORE)
    if not touched:
        hold(record, position=0, shown=record.shown)
        return True
    said = ngettext(
        "It can't be undone: %(n)d of its tasks has been changed since: %(first)s",
        "It can't be undone: %(n)d of its tasks have been changed since: %(first)s",
        touched,
    ) % {"n": touched, "first": ", ".join(first)}
    hold(record, error=said, shown=record.shown, undone_by=None, worker="", **was)
    return False


def rows_of(record: Import) -> QuerySet[Any]:
    """Return the history rows that it wrote and that are not undone."""
    span = {"history_id__gt": record.first_history, "history_id__lte": record.last_history}
    rows: QuerySet[Any] = Task.history.filter(**span, request_id=record.request_id)
    return rows


def _later() -> Exists:
    return Exists(Task.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id")))


def _touched(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(_later())


@retrying
def _undo_batch(record: Import, rows: Sequence[Any]) -> set[int]:
    """Undo what these rows tell; return the queues that tasks went back to."""
    locked = Task.objects.select_for_update().filter(pk__in=[row.id for row in rows])
    tasks = {task.pk: task for task in locked.order_by("pk")}
    same_rows = Task.history.filter(history_id__in=[row.history_id for row in rows])
    touched = set(_touched(same_rows).order_by().values_list("id", flat=True))
    free = [row for row in rows if row.id not in touched]
    new = [tasks[row.id] for row in free if row.history_type == "+"]
    changed = _as_before([row for row in free if row.history_type == "~"], tasks)
    reason = _("import of %s undone") % record.file_name
    _delete(new, record.undone_by, reason)
    Task.objects.bulk_update(changed, [*CHANGEABLE, "raise_at"])
    reasons = [reason] * len(changed)
    history.record_many(changed, kind=ChangeKind.UNDONE, by=record.undone_by, reasons=reasons)
    kept = record.shown.get(KEPT, []) + [row.reference for row in rows if row.id in touched]
    position = record.position + len(rows)
    done = {"first_history": rows[-1].history_id, "position": position, "starts": 0}
    hold(record, shown=record.shown | {KEPT: kept}, **done)
    return {task.queue_id for task in changed}


def _delete(tasks: Sequence[Task], by: User | None, reason: str) -> None:
    if not tasks:
        return
    marks = ", ".join(["%s"] * len(tasks))
    # A queryset would have simple-history write a row of its own for each.
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {Task._meta.db_table} WHERE id IN ({marks})",  # noqa: S608
            [task.pk for task in tasks],
        )
    history.record_deleted(tasks, kind=ChangeKind.UNDONE, by=by, reason=reason)


def _as_before(rows: Iterable[Any], tasks: dict[int, Task]) -> list[Task]:
    """Return the tasks of these rows as they were before them."""
    ours = {row.id: row.history_id for row in rows}
    before = {
        row.id: row
        for row in Task.history.filter(id__in=ours).order_by("history_id")
        if row.history_id < ours[row.id]
    }
    changed = (*CHANGEABLE, "raise_at")
    columns = [field.attname for field in Task._meta.concrete_fields if field.name in changed]
    for pk, row in before.items():
        for name in columns:
            setattr(tasks[pk], name, getattr(row, name))
    return [tasks[pk] for pk in before]
