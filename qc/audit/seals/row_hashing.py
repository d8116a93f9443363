"""Rows of history in the form that is hashed for the seals, read in bulk.

A row is the JSON of its columns by name, without its id: moments in UTC to the microsecond, spans
of time in microseconds, sets of related objects as rising ids. A personal column is replaced by its
commitment (`qc.core.commitments`), under the column's name followed by a mark. The JSON is the
same on every database.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Q

from qc.core.canonical_json import canonical, moment
from qc.core.commitments import (
    COMMITMENT_COLUMNS,
    COMMITTED,
    PERSONAL,
    commitment,
    commitment_input,
)
from qc.core.id_spans import Spans
from qc.history.registry import TABLES
from qc.models import Records

# Conversions of the values that JSON does not know, by type of field.
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "DateTimeField": moment,
    "DurationField": lambda span: span // timedelta(microseconds=1),
}
# Spans of ids per query.
SPANS = 100


class HashedRow(NamedTuple):
    """A row as it is sealed: its `content` is hashed.

    `openings` has by column the salt, name and value that its commitment was made from. A row whose
    names were removed has none; `uncommitted` has the values that replaced them.
    """

    pk: int
    date: datetime
    content: dict[str, Any]
    openings: dict[str, list[Any]]
    uncommitted: dict[str, Any]

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the row, which its seal contains."""
        return hashlib.sha256(canonical(self.content).encode()).digest()


def columns_of(table: str) -> list[str]:
    """Return the columns of a table that are sealed."""
    personal = PERSONAL.get(table, ())
    plain = [name for name in _plain_columns(table) if name not in personal]
    return sorted([*plain, *(name + COMMITTED for name in personal), *_sets_of(table)])


def readable(table: str) -> set[str]:
    """Return the columns that seals may have, including unmarked ones of older releases."""
    return {*columns_of(table), *_plain_columns(table)}


def _plain_columns(table: str) -> list[str]:
    fields = TABLES[table]._meta.concrete_fields
    return [
        one.attname for one in fields if not one.primary_key and one.name not in COMMITMENT_COLUMNS
    ]


def between(
    table: str, columns: Sequence[str], above: int | None, upto: int, most: int | None = None
) -> list[HashedRow]:
    """Read the rows with ids above `above` (None: from the first) up to `upto`, by rising ids."""
    span = Q(history_id__lte=upto)
    return read(table, columns, span if above is None else span & Q(history_id__gt=above), most)


def in_spans(table: str, columns: Sequence[str], spans: Spans, most: int) -> list[HashedRow]:
    """Read the rows in some spans of ids, by rising ids."""
    rows: list[HashedRow] = []
    for start in range(0, len(spans), SPANS):
        some = (Q(history_id__range=span) for span in spans[start : start + SPANS])
        rows += read(table, columns, reduce(or_, some), most - len(rows))
        if len(rows) >= most:
            break
    return rows


def read(table: str, columns: Sequence[str], which: Q, most: int | None = None) -> list[HashedRow]:
    """Read some rows as they are hashed, by rising ids."""
    sets = [name for name in columns if name in _sets_of(table)]
    marked = [name for name in columns if name.endswith(COMMITTED)]
    plain = [name for name in columns if name not in (*sets, *marked)]
    names = [*plain, *COMMITMENT_COLUMNS, *PERSONAL[table]] if marked else plain
    found = TABLES[table].objects.filter(which).order_by("history_id").values("history_id", *names)
    rows = [
        HashedRow(content.pop("history_id"), content["history_date"], content, {}, {})
        for content in found[:most]
    ]
    _convert(table, plain, rows)
    if marked:
        for row in rows:
            _commit(row, marked, PERSONAL[table])
    # Read after the rows: their members were committed together with them.
    for name in sets:
        members = _members(_sets_of(table)[name], [row.pk for row in rows])
        for row in rows:
            row.content[name] = sorted(members[row.pk])
    return rows


def _convert(table: str, columns: Sequence[str], rows: Sequence[HashedRow]) -> None:
    for name in columns:
        if convert := CONVERTERS.get(TABLES[table]._meta.get_field(name).get_internal_type()):
            for row in rows:
                if row.content[name] is not None:
                    row.content[name] = convert(row.content[name])


def _commit(row: HashedRow, marked: Sequence[str], personal: Sequence[str]) -> None:
    """Replace a row's personal values by commitments: computed, or stored if anonymised."""
    values = {name: row.content.pop(name) for name in personal}
    salt, kept = row.content.pop("salt"), row.content.pop("commitments")
    if kept is None:
        for name in marked:
            column = name.removesuffix(COMMITTED)
            row.openings[name] = commitment_input(salt, column, values[column])
            row.content[name] = commitment(row.openings[name])
        return
    kept = dict(kept) if isinstance(kept, dict) else {}
    row.content.update((name, kept.pop(name.removesuffix(COMMITTED), None)) for name in marked)
    # Commitments left over belong to no column.
    row.uncommitted.update(values | kept | {"salt": salt})


def _sets_of(table: str) -> dict[str, Any]:
    fields = getattr(TABLES[table], "_history_m2m_fields", ())
    return {field.name: field for field in fields}


def _members(field: Any, ids: Iterable[int]) -> dict[int, list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    kept = Records.m2m_models[field].objects.filter(history_id__in=ids)
    for pk, member in kept.values_list("history_id", field.m2m_reverse_name()):
        members[pk].append(member)
    return members
