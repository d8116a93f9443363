"""Compares each object with its last history row, in the database and by batches of ids.

Only what differs is read, so it can run each night over millions of tasks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Max

from qc.models import Queue, Records, Task, User

BATCH = 5000


class Span(NamedTuple):
    """A batch of ids, from `start` to below `end`."""

    start: int
    end: int


def differing() -> Iterator[str]:
    """Yield a sentence for each task, person or queue that is not as its history says."""
    for model in (Task, User, Queue):
        for span in _spans(model):
            yield from _deleted(model, span)
            yield from _changed(model, span)
            for field in model.history.model._history_m2m_fields:
                yield from _other_members(model, field, span)


def _spans(model: Any) -> Iterator[Span]:
    ends = (
        table.objects.aggregate(last=Max("id"))["last"] for table in (model, model.history.model)
    )
    last = max(end or 0 for end in ends)
    return (Span(start, start + BATCH) for start in range(0, last + 1, BATCH))


def _deleted(model: Any, span: Span) -> Iterator[str]:
    joined = f"LEFT JOIN {model._meta.db_table} AS o ON o.id = h.id"
    wrong = "o.id IS NULL AND h.history_type <> '-'"
    ids = _history_ids(model, span, joined, wrong)
    for row in model.history.model.objects.filter(history_id__in=ids).order_by("id"):
        yield f"{name_of(row)} is gone, but its history does not say that it was deleted"


def _changed(model: Any, span: Span) -> Iterator[str]:
    joined = f"JOIN {model._meta.db_table} AS o ON o.id = h.id"
    same = " AND ".join(_is_same(field) for field in model.history.model.tracked_fields)
    ids = _history_ids(model, span, joined, f"NOT ({same})")
    rows = {row.id: row for row in model.history.model.objects.filter(history_id__in=ids)}
    columns = [field.attname for field in model.history.model.tracked_fields]
    # Compared once more in Python: equal JSON may be spelled differently.
    for item in model.objects.filter(pk__in=rows).order_by("pk"):
        row = rows[item.pk]
        if wrong := [name for name in columns if getattr(item, name) != getattr(row, name)]:
            yield f"{name_of(item)} differs from its last history row in {', '.join(wrong)}"


def _history_ids(model: Any, span: Span, joined: str, wrong: str) -> list[int]:
    """Return the ids of the last rows of objects for which the condition `wrong` is true."""
    rows = model.history.model._meta.db_table
    sql = (
        f"SELECT h.history_id FROM (SELECT MAX(history_id) AS last FROM {rows}"  # noqa: S608
        f" WHERE id >= %s AND id < %s GROUP BY id) AS l"
        f" JOIN {rows} AS h ON h.history_id = l.last {joined} WHERE {wrong}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(span))
        return [pk for (pk,) in cursor.fetchall()]


def _is_same(field: Any) -> str:
    """Return the SQL that an object's column equals its row's, byte by byte, NULLs too."""
    column = connection.ops.quote_name(field.column)
    if connection.vendor != "mysql":
        return f"o.{column} IS h.{column}"
    text = isinstance(field, (models.CharField, models.TextField, models.JSONField))
    binary = "BINARY " if text else ""
    return f"{binary}o.{column} <=> {binary}h.{column}"


def _other_members(model: Any, field: Any, span: Span) -> Iterator[str]:
    owner, member = field.m2m_column_name(), field.m2m_reverse_name()
    last = _last_rows(model, span)
    in_span = {f"{owner}__gte": span.start, f"{owner}__lt": span.end}
    members = field.remote_field.through.objects.filter(**in_span)
    recorded = Records.m2m_models[field].objects.filter(history_id__in=last.values())
    now, then = (_sets(rows.values_list(owner, member)) for rows in (members, recorded))
    wrong = [pk for pk in last if now.get(pk) != then.get(pk)]
    for item in model.objects.filter(pk__in=wrong).order_by("pk"):
        yield f"{name_of(item)} differs from its last history row in {field.name}"


def _last_rows(model: Any, span: Span) -> dict[int, int]:
    rows = model.history.model.objects.filter(id__gte=span.start, id__lt=span.end).order_by()
    return dict(rows.values("id").annotate(last=Max("history_id")).values_list("id", "last"))


def _sets(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    sets: dict[int, set[int]] = defaultdict(set)
    for owner, member in pairs:
        sets[owner].add(member)
    return sets


def name_of(item: Any) -> str:
    """Return the name of a task, person or queue, or of a row of its history."""
    names = ("reference", "username", "name")
    return next(str(getattr(item, name)) for name in names if hasattr(item, name))
