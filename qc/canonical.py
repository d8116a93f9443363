"""Rows of history as they are sealed: read in bulk, each written in the one way that is hashed.

A row is the JSON of its columns by name, its id aside: moments in UTC to the microsecond, spans of
time in microseconds, sets of related objects as rising ids. It is the same on every database.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q

from qc.chain import Spans, canonical, moment
from qc.models import Records
from qc.trail_filters import TABLES

MICROSECOND = timedelta(microseconds=1)
# So many spans of ids in one query.
SPANS = 100


class Row(NamedTuple):
    """A row as it is sealed."""

    pk: int
    date: datetime
    content: dict[str, Any]

    @property
    def digest(self) -> bytes:
        """What stands for the row in its seal."""
        return hashlib.sha256(canonical(self.content).encode()).digest()


def columns_of(table: str) -> list[str]:
    """Gives the names of all that is sealed of a table's rows."""
    plain = [one.attname for one in TABLES[table]._meta.concrete_fields if not one.primary_key]
    return sorted([*plain, *_sets_of(table)])


def between(
    table: str, columns: Sequence[str], above: int | None, upto: int, most: int | None = None
) -> list[Row]:
    """Reads the rows beyond an id (None: from the beginning) up to another, by rising ids."""
    span = Q(history_id__lte=upto)
    return _read(table, columns, span if above is None else span & Q(history_id__gt=above), most)


def in_spans(table: str, columns: Sequence[str], spans: Spans, most: int) -> list[Row]:
    """Reads those rows that there are in some spans of ids, by rising ids."""
    rows: list[Row] = []
    for start in range(0, len(spans), SPANS):
        some = (Q(history_id__range=span) for span in spans[start : start + SPANS])
        rows += _read(table, columns, reduce(or_, some), most - len(rows))
        if len(rows) >= most:
            break
    return rows


def _read(table: str, columns: Sequence[str], which: Q, most: int | None) -> list[Row]:
    sets = [name for name in columns if name in _sets_of(table)]
    plain = [name for name in columns if name not in sets]
    read = ("history_id", "history_date", *plain)
    found = TABLES[table].objects.filter(which).order_by("history_id").values_list(*read)[:most]
    write = [(at, name, _written(table, name)) for at, name in enumerate(plain, 2)]
    rows = [
        Row(values[0], values[1], {name: _or_none(to, values[at]) for at, name, to in write})
        for values in found
    ]
    # After the rows: what is written together with a row is there now.
    for name in sets:
        members = _members(_sets_of(table)[name], [row.pk for row in rows])
        for row in rows:
            row.content[name] = sorted(members[row.pk])
    return rows


def _or_none(write: Any, value: Any) -> Any:
    return value if write is None or value is None else write(value)


def _written(table: str, name: str) -> Any:
    """Gives what turns a column's value into one that JSON has; None where it is one."""
    field = TABLES[table]._meta.get_field(name)
    if isinstance(field, models.DateTimeField):
        return moment
    return (lambda span: span // MICROSECOND) if isinstance(field, models.DurationField) else None


def _sets_of(table: str) -> dict[str, Any]:
    fields = getattr(TABLES[table], "_history_m2m_fields", ())
    return {field.name: field for field in fields}


def _members(field: Any, ids: Iterable[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    kept = Records.m2m_models[field].objects.filter(history_id__in=ids)
    for pk, member in kept.values_list("history_id", field.m2m_reverse_name()):
        members[pk].append(member)
    return members
