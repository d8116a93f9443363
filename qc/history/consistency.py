"""Compares each object with its last history row, in the database, a batch of ids at a time.

Only what differs is read: so it can run each night over millions of tasks.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection, models
from django.db.models import Max

from qc.models import Queue, Records, Task, User

BATCH = 5000


class Span(NamedTuple):
    """Some ids of a model: from `start`, and below `end`."""

    start: int
    end: int


def differing() -> Iterator[str]:
    """Return one sentence for each task, person or queue that is not as its history says."""
    for model in (Task, User, Queue):
        for span in _spans(model):
            yield from _gone(model, span)
            yield from _changed(model, span)
            for field in _rows(model)._history_m2m_fields:
                yield from _other_members(model, field, span)


def _spans(model: Any) -> Iterator[Span]:
    ends = (table.objects.aggregate(last=Max("id"))["last"] for table in (model, _rows(model)))
    last = max(end or 0 for end in ends)
    return (Span(start, start + BATCH) for start in range(0, last + 1, BATCH))


def _gone(model: Any, span: Span) -> Iterator[str]:
    joined = f"LEFT JOIN {model._meta.db_table} AS o ON o.id = h.id"
    wrong = "o.id IS NULL AND h.history_type <> '-'"
    ids = _history_ids(model, span, joined, wrong)
    for row in _rows(model).objects.filter(history_id__in=ids).order_by("id"):
        yield f"{name_of(row)} is gone, but its history does not say that it was deleted"


def _changed(model: Any, span: Span) -> Iterator[str]:
    joined = f"JOIN {model._meta.db_table} AS o ON o.id = h.id"
    same = " AND ".join(_is_same(field) for field in _rows(model).tracked_fields)
    ids = _history_ids(model, span, joined, f"NOT ({same})")
    rows = {row.id: row for row in _rows(model).objects.filter(history_id__in=ids)}
    # Compared once more, as Python has them: JSON may be spelled differently and say the same.
    for item in model.objects.filter(pk__in=rows).order_by("pk"):
        columns = [field.attname for field in _rows(model).tracked_fields]
        row = rows[item.pk]
        if wrong := [name for name in columns if getattr(item, name) != getattr(row, name)]:
            yield f"{name_of(item)} differs from its last history row in {', '.join(wrong)}"


def _history_ids(model: Any, span: Span, joined: str, wrong: str) -> list[int]:
    """Return the ids of those last rows that are wrong."""
    rows = _rows(model)._meta.db_table
    sql = (
        f"SELECT h.history_id FROM (SELECT MAX(history_id) AS last FROM {rows}"  # noqa: S608
        f" WHERE id >= %s AND id < %s GROUP BY id) AS l"
        f" JOIN {rows} AS h ON h.history_id = l.last {joined} WHERE {wrong}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, list(span))
        return [pk for (pk,) in cursor.fetchall()]


def _is_same(field: Any) -> str:
    """Return the comparison of a column with that of the last row, byte by byte, NULLs too."""
    column = connection.ops.quote_name(field.column)
    if connection.vendor != "mysql":
        return f"o.{column} IS h.{column}"
    text = isinstance(field, (models.CharField, models.TextField, models.JSONField))
    binary = "BINARY " if text else ""
    return f"{binary}o.{column} <=> {binary}h.{column}"


def _other_members(model: Any, field: Any, span: Span) -> Iterator[str]:
    owner, member = field.m2m_column_name(), field.m2m_reverse_name()
    last = _last_rows(model, span)
    here = {f"{owner}__gte": span.start, f"{owner}__lt": span.end}
    now = _sets(field.remote_field.through.objects.filter(**here).values_list(owner, member))
    kept = Records.m2m_models[field].objects.filter(history_id__in=last.values())
    told = _sets(kept.values_list(owner, member))
    wrong = [pk for pk in last if now.get(pk) != told.get(pk)]
    for item in model.objects.filter(pk__in=wrong).order_by("pk"):
        yield f"{name_of(item)} differs from its last history row in {field.name}"


def _last_rows(model: Any, span: Span) -> dict[int, int]:
    rows = _rows(model).objects.filter(id__gte=span.start, id__lt=span.end).order_by()
    return dict(rows.values("id").annotate(last=Max("history_id")).values_list("id", "last"))


def _sets(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    sets: dict[int, set[int]] = defaultdict(set)
    for owner, member in pairs:
        sets[owner].add(member)
    return sets


def _rows(model: Any) -> Any:
    return model.history.model


def name_of(item: Any) -> str:
    """Return the name of a task, person or queue, or of a row of its history."""
    for name in ("reference", "username", "name"):
        if hasattr(item, name):
            return str(getattr(item, name))
    return str(item)
