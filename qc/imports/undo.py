"""Undoes an import, if nobody has touched its tasks since.

Its history rows tell which tasks are its own: they are in a known span of ids and have its request
id. A task with a later row was touched since. A request checks only the first of them; a worker
checks all before it undoes any.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import history, permissions
from qc.core.exceptions import InvalidTransition
from qc.core.localization import for_the_record, number
from qc.core.transactions import retrying
from qc.imports import lease
from qc.imports.planner import SAVED
from qc.imports.writer import save_changed
from qc.models import ChangeKind, Import, ImportState, Task, User
from qc.models.search import forget_words
from qc.work import actions

BATCH = 500
NAMED = 20
# History rows read while somebody waits for a page.
LOOKED_AT = 2000
# Keys of `Import.shown` during an undo: tasks that are skipped, and the record as it was.
KEPT, BEFORE = "kept", "before"


class Obstacles(NamedTuple):
    """Tasks touched since the import: how many, the first names, whether all were looked at."""

    touched: int
    first: list[str]
    is_all: bool


def obstacles(record: Import) -> Obstacles:
    """Return the tasks that prevent an undo, among the first of the import."""
    rows = _rows_of(record)
    beyond = rows.order_by("history_id").values_list("history_id", flat=True)[LOOKED_AT:].first()
    looked = rows.filter(history_id__lt=beyond) if beyond else rows
    touched = _names_of_touched(looked)
    return Obstacles(len(touched), touched[:NAMED], beyond is None)


def untouched(record: Import) -> QuerySet[Task]:
    """Return the tasks that the import created and nobody has touched since."""
    rows = _rows_of(record).filter(~_is_touched(), history_type="+").order_by()
    return Task.objects.filter(pk__in=rows.values("id"))


@transaction.atomic
def begin(record: Import, *, by: User) -> None:
    """Start undoing an import. Raises NotAllowed; InvalidTransition if a task was touched since."""
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
    lease.enqueue(record)
    record.save()


def undo(record: Import) -> None:
    """Delete the tasks that an import created, restore those that it changed, batch by batch.

    Undoes nothing if a task of a large import was touched since; the record says which.
    """
    if BEFORE in record.shown and not _is_untouched(record):
        return
    while rows := list(_rows_of(record).order_by("history_id")[:BATCH]):
        actions.hand_out_from(_undo_batch(record, rows))
    kept = record.shown.get(KEPT, [])
    error = ngettext(
        "%(n)s task was changed meanwhile and is skipped: %(first)s",
        "%(n)s tasks were changed meanwhile and are skipped: %(first)s",
        len(kept),
    ) % {"n": number(len(kept)), "first": ", ".join(kept[:NAMED])}
    lease.finish(record, ImportState.UNDONE, error=error if kept else "")


def _is_untouched(record: Import) -> bool:
    """Look at all its rows; where a task was touched since, set the record back as it was."""
    touched, first = _look_at_all(record)
    before = record.shown.pop(BEFORE)
    if not touched:
        lease.save_progress(record, position=0, shown=record.shown)
        return True
    error = ngettext(
        "It can't be undone: %(n)s of its tasks has been changed since: %(first)s",
        "It can't be undone: %(n)s of its tasks have been changed since: %(first)s",
        touched,
    ) % {"n": number(touched), "first": ", ".join(first)}
    lease.save_progress(
        record, error=error, shown=record.shown, undone_by=None, worker="", **before
    )
    return False


def _look_at_all(record: Import) -> tuple[int, list[str]]:
    """Return the number of its tasks touched since, and the first of their names."""
    looked, touched, first = 0, 0, list[str]()
    history_ids = _rows_of(record).order_by("history_id").values_list("history_id", flat=True)
    last = record.first_history
    while ids := list(history_ids.filter(history_id__gt=last)[:BATCH]):
        names = _names_of_touched(Task.history.filter(history_id__in=ids))
        touched, first = touched + len(names), (first + names)[:NAMED]
        looked, last = looked + len(ids), ids[-1]
        lease.save_progress(record, position=looked)
    return touched, first


def _rows_of(record: Import) -> QuerySet[Any]:
    """Return the history rows that it wrote and that are not undone."""
    span = {"history_id__gt": record.first_history, "history_id__lte": record.last_history}
    rows: QuerySet[Any] = Task.history.filter(**span, request_id=record.request_id)
    return rows


def _is_touched() -> Exists:
    return Exists(Task.history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id")))


def _names_of_touched(rows: QuerySet[Any]) -> list[str]:
    touched = rows.filter(_is_touched()).order_by("history_id")
    return list(touched.values_list("reference", flat=True))


@retrying
def _undo_batch(record: Import, rows: Sequence[Any]) -> set[int]:
    """Undo what these rows record; return the queues that tasks went back to."""
    locked = Task.objects.select_for_update().filter(pk__in=[row.id for row in rows])
    tasks = {task.pk: task for task in locked.order_by("pk")}
    same_rows = Task.history.filter(history_id__in=[row.history_id for row in rows])
    touched = set(same_rows.filter(_is_touched()).order_by().values_list("id", flat=True))
    free = [row for row in rows if row.id not in touched]
    made = [tasks[row.id] for row in free if row.history_type == "+"]
    changed = _as_before([row for row in free if row.history_type == "~"], tasks)
    how: Any = {"kind": ChangeKind.UNDONE, "by": record.undone_by}
    with for_the_record():
        reason = _("import of %s undone") % record.file_name
    _delete(made)
    history.record_deleted(made, reason=reason, **how)
    save_changed(changed)
    history.record_many(changed, reasons=[reason] * len(changed), **how)
    kept = record.shown.get(KEPT, []) + [row.reference for row in rows if row.id in touched]
    progress = {"first_history": rows[-1].history_id, "position": record.position + len(rows)}
    lease.save_progress(record, shown=record.shown | {KEPT: kept}, starts=0, **progress)
    return {task.queue_id for task in changed}


def _delete(tasks: Sequence[Task]) -> None:
    if not tasks:
        return
    forget_words(tasks)
    marks = ", ".join(["%s"] * len(tasks))
    sql = f"DELETE FROM {Task._meta.db_table} WHERE id IN ({marks})"  # noqa: S608
    # A queryset would have simple-history write a row of its own for each.
    with connection.cursor() as cursor:
        cursor.execute(sql, [task.pk for task in tasks])


def _as_before(rows: Iterable[Any], tasks: dict[int, Task]) -> list[Task]:
    """Return the tasks of these rows as they were before them."""
    undone = {row.id: row.history_id for row in rows}
    older = Task.history.filter(id__in=undone).order_by("history_id")
    before = {row.id: row for row in older if row.history_id < undone[row.id]}
    columns = [Task._meta.get_field(name).attname for name in SAVED]  # type: ignore[union-attr]
    for pk, row in before.items():
        for name in columns:
            setattr(tasks[pk], name, getattr(row, name))
    return [tasks[pk] for pk in before]
