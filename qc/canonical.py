"""Rows of history as they are sealed: read in bulk, each written in the one way that is hashed.

A row is the JSON of its columns by name, its id aside: moments in UTC to the microsecond, spans of
time in microseconds, sets of related objects as rising ids. It is the same on every database.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    found = TABLES[table].objects.filter(which).order_by("history_id")
    read = found.values_list("history_id", *plain)[:most]
    named = ((pk, dict(zip(plain, values, strict=True))) for pk, *values in read)
    rows = [Row(pk, content["history_date"], content) for pk, content in named]
    for name, write in _not_json(table, plain):
        for row in rows:
            if row.content[name] is not None:
                row.content[name] = write(row.content[name])
    # After the rows: what is written together with a row is there now.
    for name in sets:
        members = _members(_sets_of(table)[name], [row.pk for row in rows])
        for row in rows:
            row.content[name] = sorted(members[row.pk])
    return rows


def _not_json(table: str, names: Iterable[str]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Gives the columns whose values JSON has not, and what turns those into some that it has."""
    for name in names:
        field = TABLES[table]._meta.get_field(name)
        if isinstance(field, models.DateTimeField):
            yield name, moment
        elif isinstance(field, models.DurationField):
            yield name, lambda span: span // MICROSECOND


def _sets_of(table: str) -> dict[str, Any]:
    fields = getattr(TABLES[table], "_history_m2m_fields", ())
    return {field.name: field for field in fields}


def _members(field: Any, ids: Iterable[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    kept = Records.m2m_models[field].objects.filter(history_id__in=ids)
    for pk, member in kept.values_list("history_id", field.m2m_reverse_name()):
        members[pk].append(member)
    return members
