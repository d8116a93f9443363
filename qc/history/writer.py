"""Writes the history rows: who, when, why and through what, one for each change."""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, models
from django.utils import timezone

from qc.core import compiled_queries
from qc.core.commitments import new_salt
from qc.core.context import current_channel
from qc.core.request_id import current_request_id
from qc.models import ChangeKind, Records, Task, User
from qc.models.history import CommittedRow

BATCH = 500
# By column the values of the rows that are to be written together.
_waiting: ContextVar[dict[str, list[Any]] | None] = ContextVar("waiting", default=None)


def save(  # noqa: PLR0913
    item: Any,
    *,
    kind: str,
    by: User | None,
    reason: str = "",
    fields: Iterable[str] | None = None,
    person: int | None = None,
) -> None:
    """Save one task, person or queue, and write its history row.

    `item` must have been read under its lock: the row copies every column as it is in memory.
    `fields` are the columns that changed; `by` is None for a job; `person` is the id of the person
    whom a task came to or left.
    """
    created = item._state.adding
    with without_history(item):
        item.save(update_fields=fields)
    people = [person] if person else None
    record_many([item], kind=kind, by=by, reasons=[reason], created=created, people=people)


def record_many(  # noqa: PLR0913
    items: Sequence[Any],
    *,
    kind: str,
    by: User | None,
    reasons: Sequence[str],
    created: bool = False,
    people: Sequence[int] | None = None,
) -> None:
    """Write one history row for each item that has just been written without one.

    `items` are of one model and hold what is in the database now, their audited sets of related
    objects too. `reasons` has the reason of each; `people` has the id of the person
    whom each task came to or left.
    """
    per_row: dict[str, Sequence[Any]] = {"history_change_reason": reasons}
    if people:
        per_row["person_id"] = people
    _record(items, per_row, kind, by, "+" if created else "~")


def record_deleted(items: Sequence[Any], *, kind: str, by: User | None, reason: str) -> None:
    """Write the last history row of each item that has just been deleted without one."""
    _record(items, {"history_change_reason": [reason] * len(items)}, kind, by, "-")


def record_past(tasks: Sequence[Task], columns: Mapping[str, Sequence[Any]]) -> None:
    """Write one history row for each task as it was at an earlier moment, the earliest first.

    `columns` has by name the values of the rows' own columns, `history_date` among them. Only for
    demo data, into a history of tasks that is empty: ids and moments of rows rise together.
    """
    adapt = connection.ops.adapt_datetimefield_value
    per_row = {**columns, "history_date": [adapt(one) for one in columns["history_date"]]}
    shared = {"request_id": "", "history_change_reason": ""}
    for start in range(0, len(tasks), BATCH):
        batch = slice(start, start + BATCH)
        _insert(tasks[batch], {name: some[batch] for name, some in per_row.items()}, shared)


def record_handed_out(reasons: Mapping[int, str]) -> None:
    """Write one history row for each task that a job has just handed out; `reasons` are by task id.

    The database copies its own rows. Only for jobs: for a user, the database would have to check
    the foreign key and wait for whoever has locked that user, while others wait to write history.
    """
    reason, parameters = compiled_queries.case_by_id(reasons)
    _copy_tasks(
        f"id IN ({compiled_queries.list_of(reasons)})",
        {"history_change_reason": reason, "person_id": "assignee_id"},
        parameters,
        _shared_values(ChangeKind.ASSIGNED, None, "~"),
    )


def record_new(references: Sequence[str], *, kind: str, by: User | None, reason: str) -> None:
    """Write the first history row of each task that one statement has just created.

    The database copies its own rows, so nothing is sent to it twice. They are found by their
    references: on a cluster the ids of one statement have ids of other nodes among them.
    """
    _copy_tasks(
        f"reference IN ({', '.join(['%s'] * len(references))})",
        {"history_change_reason": "%s"},
        [reason, *references],
        _shared_values(kind, by, "+"),
    )


def _copy_tasks(
    condition: str, per_row: Mapping[str, str], parameters: Sequence[Any], shared: Mapping[str, Any]
) -> None:
    """Copy the tasks of a SQL condition as they are into their history.

    `per_row` is the SQL of the columns that differ from row to row; `parameters` are those of
    `per_row` and then those of the condition.
    """
    copied = _readers(Task)
    names = ", ".join([*copied, *shared, *per_row])
    values = ", ".join([*copied, *["%s"] * len(shared), *per_row.values()])
    sql = (
        f"INSERT INTO {_rows_of(Task)._meta.db_table} ({names}) SELECT {values}"  # noqa: S608
        f" FROM {Task._meta.db_table} WHERE {condition} ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*shared.values(), *parameters])


def _record(
    items: Sequence[Any],
    per_row: Mapping[str, Sequence[Any]],
    kind: str,
    by: User | None,
    history_type: str,
) -> None:
    for start in range(0, len(items), BATCH):
        batch = slice(start, start + BATCH)
        values = {name: values[batch] for name, values in per_row.items()}
        # Each batch has its own moment, so ids and moments rise together: the audit trail finds
        # spans of time by that (`qc.audit.trail`).
        _insert(items[batch], values, _shared_values(kind, by, history_type))


def _shared_values(kind: str, by: User | None, history_type: str) -> dict[str, Any]:
    """Return by column the values that all rows written together share."""
    return {
        "history_type": history_type,
        "history_user_id": by.pk if by else None,
        "history_date": connection.ops.adapt_datetimefield_value(timezone.now()),
        "kind": kind,
        "through": current_channel(),
        "request_id": current_request_id(),
    }


@contextmanager
def together() -> Iterator[None]:
    """Write the rows of all tasks recorded inside, in their order, as one statement at the end."""
    waiting: dict[str, list[Any]] = defaultdict(list)
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    if waiting:
        # Written now: ids and moments rise together.
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        waiting["history_date"] = [now] * len(waiting["history_date"])
        compiled_queries.insert_rows(_rows_of(Task)._meta.db_table, waiting, {})


def is_together() -> bool:
    """Return whether rows of tasks are recorded `together` now."""
    return _waiting.get() is not None


def _insert(
    items: Sequence[Any], per_row: Mapping[str, Sequence[Any]], shared: Mapping[str, Any]
) -> None:
    """Write the history rows of some items of one model, and their sets of related objects."""
    model = items[0].__class__
    rows = _rows_of(model)
    columns = {name: map(read, items) for name, read in _readers(model).items()}
    if (waiting := _waiting.get()) is not None and model is Task:
        same = {name: [value] * len(items) for name, value in shared.items()}
        # A new task came to nobody yet.
        nobody = {"person_id": [None] * len(items)}
        for name, values in {**columns, **nobody, **per_row, **same}.items():
            waiting[name] += values
        return
    generated = {"salt": [new_salt() for _ in items]} if issubclass(rows, CommittedRow) else {}
    compiled_queries.insert_rows(rows._meta.db_table, {**columns, **per_row, **generated}, shared)
    marks = ", ".join(["%s"] * len(items))
    for sql in _copies_of_members(model):
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} IN ({marks})", [item.pk for item in items])


@functools.cache
def _readers(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    """Return for each column a function that reads an item's value in the driver's form."""
    return {
        field.column: compiled_queries.reader_of(field) for field in _rows_of(model).tracked_fields
    }


@functools.cache
def _copies_of_members(model: type[models.Model]) -> list[str]:
    """Return SQL that copies each set of related objects to the last row of each owner.

    The caller appends `IN (…)` with the ids of the owners.
    """
    rows = _rows_of(model)
    return [_copy_of_members(rows, field) for field in rows._history_m2m_fields]


def _copy_of_members(rows: Any, field: Any) -> str:
    copies, members = Records.m2m_models[field], field.remote_field.through
    names = ", ".join(column.column for column in members._meta.concrete_fields)
    owner = f"{members._meta.db_table}.{field.m2m_column_name()}"
    last = f"SELECT MAX(history_id) FROM {rows._meta.db_table} AS r WHERE r.id = {owner}"  # noqa: S608
    return (
        f"INSERT INTO {copies._meta.db_table} ({names}, history_id)"  # noqa: S608
        f" SELECT {names}, ({last}) FROM {members._meta.db_table} WHERE {owner}"
    )


@contextmanager
def without_history(item: Any) -> Iterator[None]:
    """Keep simple-history from writing a row of its own for what is saved inside."""
    item.skip_history_when_saving = True
    try:
        yield
    finally:
        del item.skip_history_when_saving


@functools.cache
def _rows_of(model: type[models.Model]) -> Any:
    # Cached: simple-history creates a new manager at each access.
    return model.history.model  # type: ignore[attr-defined]


def of(item: models.Model) -> Any:
    """Return an item's history rows with their people, newest first."""
    history: Any = item.history  # type: ignore[attr-defined]
    return history.select_related(*people_of(history.model))


def of_tasks(person: User) -> Any:
    """Return the history rows by which tasks came to this person, or left them."""
    return Task.history.filter(person=person)


def people_of(row: Any) -> list[str]:
    """Return the names of the columns by which a kind of history row refers to people."""
    return ["history_user"] + (["person"] if hasattr(row, "person") else [])
