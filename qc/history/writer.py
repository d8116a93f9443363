"""Writes the history rows: who, when, why and through what, one for each change."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import repeat
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, models
from django.utils import timezone

from qc.core.context import current_channel
from qc.core.request_id import current_request_id
from qc.models import ChangeKind, Records, Task, User

BATCH = 500
# What is said of each row by itself.
TOLD = ("history_change_reason", "person_id")
# Each row has its own, new.
FRESH = ("salt",)
# Empty until a name is taken out.
EMPTY = ("commitments",)
# Columns whose values a database's driver takes as an object has them.
AS_THEY_ARE = (
    models.BooleanField,
    models.CharField,
    models.ForeignKey,
    models.IntegerField,
    models.TextField,
)


def save(  # noqa: PLR0913
    item: Any,
    *,
    kind: str,
    by: User | None,
    reason: str = "",
    fields: Iterable[str] | None = None,
    person: int | None = None,
) -> None:
    """Save one task, person or queue, and its one history row.

    `item` must have been read under its lock: the row copies every column as it is in memory.
    `fields` are the columns that changed; `by` is None for a job; `person` is the id of whose
    hands a task came into or left.
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

    `items` are of one model and hold what is in the database now, the sets of related objects
    that are audited too; `reasons` go with them, and for tasks that came into or left somebody's
    hands `people`, the ids of whose.
    """
    told = zip(reasons, people or repeat(None, len(items)), strict=True)
    rows = list(zip(items, told, strict=True))
    _record(rows, kind, by, "+" if created else "~")


def record_deleted(items: Sequence[Any], *, kind: str, by: User | None, reason: str) -> None:
    """Write the last history row of each item that has just been deleted without one."""
    _record([(item, (reason, None)) for item in items], kind, by, "-")


def record_handed_out(reasons: Mapping[int, str]) -> None:
    """Write one history row for each task that has just been handed out by itself: id → why.

    The database copies its own rows. Only for a job: to name a user it would have to look whether
    there is one, and wait for who has them locked, while others wait to write history.
    """
    why = f"CASE id {' '.join(['WHEN %s THEN %s'] * len(reasons))} END, assignee_id"
    said = [part for one in reasons.items() for part in one]
    which = f"id IN ({', '.join(['%s'] * len(reasons))})"
    _copy(which, list(reasons), _how(ChangeKind.ASSIGNED, None, "~"), why, said)


def record_new(references: Sequence[str], *, kind: str, by: User | None, reason: str) -> None:
    """Write the first history row of each task that one statement has just made, in its order.

    The database copies its own rows: nothing is sent to it twice. One statement gets its ids in one
    piece. Raises IntegrityError where a database that gives them otherwise has others between.
    """
    sql = f"SELECT MIN(id), MAX(id) FROM {Task._meta.db_table} WHERE reference IN (%s, %s)"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [references[0], references[-1]])
        span = cursor.fetchone()
    copied = _copy("id BETWEEN %s AND %s", span, _how(kind, by, "+"), "%s, NULL", [reason])
    if copied != len(references):
        raise IntegrityError("Other tasks got ids among these.")


def _copy(
    which: str, keys: Sequence[Any], how: Mapping[str, Any], why: str, said: Sequence[Any]
) -> int:
    """Copy tasks as they are into their history; return how many.

    `which` is SQL for whose, `why` for the reason and the person.
    """
    columns = _columns_of(Task)
    marks = ", ".join(["%s"] * len(columns.alike))
    sql = (
        f"INSERT INTO {columns.into} SELECT {columns.copied}, {marks}, {why}"  # noqa: S608
        f" FROM {Task._meta.db_table} WHERE {which} ORDER BY id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*columns.alike_values(how), *said, *keys])
        return int(cursor.rowcount)


def _record(
    rows: Sequence[tuple[Any, tuple[str, int | None]]], kind: str, by: User | None, sign: str
) -> None:
    for start in range(0, len(rows), BATCH):
        # Each batch says when it is written itself: so ids and moments of rows rise together,
        # which is what finds a span of time in the audit trail (`qc.audit.trail`).
        _insert(rows[start : start + BATCH], _how(kind, by, sign))


def _how(kind: str, by: User | None, sign: str) -> dict[str, Any]:
    """Return what is the same in all rows of one writing."""
    return {
        "history_type": sign,
        "history_user_id": by.pk if by else None,
        "history_date": timezone.now(),
        "kind": kind,
        "through": current_channel(),
        "request_id": current_request_id(),
    }


def _insert(batch: Sequence[tuple[Any, tuple[str, int | None]]], how: Mapping[str, Any]) -> None:
    """Write history rows as one statement.

    What the ORM would do to insert an object that it first makes of each row takes several times
    as long as the database needs for it.
    """
    columns = _columns_of(batch[0][0].__class__)
    alike = columns.alike_values(how)
    values: list[Any] = []
    for item, told in batch:
        values += columns.as_they_are(item)
        values += (f.get_db_prep_save(getattr(item, f.attname), connection) for f in columns.others)
        values += alike
        values += told[: columns.told]
        values += (field.get_default() for field in columns.fresh)
    marks = ", ".join([f"({', '.join(['%s'] * (len(values) // len(batch)))})"] * len(batch))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {columns.into} VALUES {marks}", values)  # noqa: S608
        for sql in _copies_of_members(batch[0][0].__class__):
            cursor.execute(
                f"{sql} IN ({', '.join(['%s'] * len(batch))})", [item.pk for item, _ in batch]
            )


class Columns(NamedTuple):
    """The columns of a kind of history row, in the order in which `_insert` writes them.

    `as_they_are` gives an item's values that a database's driver takes as the item has them; the
    `others` need preparation; `alike` are the same in all rows of one writing; of what is told of
    each row by itself, reason and person, it has the first `told`; each row has its own new value
    of the `fresh`. `into` names them all, and `copied` those that are copied from the item.
    """

    as_they_are: Callable[[Any], tuple[Any, ...]]
    others: list[Any]
    alike: list[Any]
    told: int
    fresh: list[Any]
    into: str
    copied: str

    def alike_values(self, how: Mapping[str, Any]) -> list[Any]:
        """Return the values of the columns that are the same in all rows."""
        return [field.get_db_prep_save(how[field.attname], connection) for field in self.alike]


@functools.cache
def _columns_of(model: type[models.Model]) -> Columns:
    row: Any = _rows_of(model)
    copied = {field.attname for field in row.tracked_fields}
    fields = {field.attname: field for field in row._meta.concrete_fields if not field.primary_key}
    tracked = [field for name, field in fields.items() if name in copied]
    plain = [field for field in tracked if isinstance(field, AS_THEY_ARE)]
    others = [field for field in tracked if field not in plain]
    told = [fields[name] for name in TOLD if name in fields]
    fresh = [fields[name] for name in FRESH if name in fields]
    apart = (*tracked, *told, *fresh, *(fields.get(name) for name in EMPTY))
    alike = [field for field in fields.values() if field not in apart]
    names = ", ".join(field.column for field in (*plain, *others, *alike, *told, *fresh))
    copied_names = ", ".join(field.column for field in (*plain, *others))
    as_they_are = attrgetter(*(field.attname for field in plain))
    into = f"{row._meta.db_table} ({names})"
    return Columns(as_they_are, others, alike, len(told), fresh, into, copied_names)


@functools.cache
def _copies_of_members(model: type[models.Model]) -> list[str]:
    """Return, for each set of related objects, what copies it to the last rows of … by id."""
    row: Any = _rows_of(model)
    return [_copy_of_members(row, field) for field in row._history_m2m_fields]


def _copy_of_members(row: Any, field: Any) -> str:
    kept, now = Records.m2m_models[field], field.remote_field.through
    names = ", ".join(one.column for one in now._meta.concrete_fields)
    owner = f"{now._meta.db_table}.{field.m2m_column_name()}"
    last = f"SELECT MAX(history_id) FROM {row._meta.db_table} AS r WHERE r.id = {owner}"  # noqa: S608
    return (
        f"INSERT INTO {kept._meta.db_table} ({names}, history_id)"  # noqa: S608
        f" SELECT {names}, ({last}) FROM {now._meta.db_table} WHERE {owner}"
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
    # simple-history makes the manager anew each time it is asked for.
    return model.history.model  # type: ignore[attr-defined]


def of(item: models.Model) -> Any:
    """Return an item's history rows with their people, newest first."""
    history: Any = item.history  # type: ignore[attr-defined]
    return history.select_related(*people_of(history.model))


def of_tasks(person: User) -> Any:
    """Return the history rows of tasks that came into this person's hands, or left them."""
    return Task.history.filter(person=person)


def people_of(row: Any) -> list[str]:
    """Return the names under which a kind of history row has the people whom it names."""
    return ["history_user"] + (["person"] if hasattr(row, "person") else [])
