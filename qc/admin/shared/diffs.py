"""What changed from one history row to the next, in words.

simple-history's own comparison leaves out columns that no form edits, which here are the most
important ones: status, person, presence.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from qc.admin.shared.duration_field import duration_in_units
from qc.admin.shared.excerpts import around_difference
from qc.checks import findings
from qc.core.wording import exactly
from qc.imports.validation import text_of
from qc.models import PlanVersion

NOTHING = "–"
# Bookkeeping that follows from the other columns.
LEFT_OUT = {"id", "slot", "raise_at"}
# The column of a task's history that has what its check found.
FINDINGS = "findings"


class Change(NamedTuple):
    """One column, or set of related objects, before and after."""

    field: str
    old: str
    new: str


class Column(NamedTuple):
    """One column, or set of related objects, as it was and as it is now."""

    field: str
    then: str
    now: str
    differs: bool


def set_changes(rows: Sequence[Any]) -> None:
    """Set `changes` on each history row; `rows` are of one object, newest first."""
    if not rows:
        return
    for row, before in pairwise([*rows, rows[-1].prev_record]):
        row.changes = between(before, row) if before else []


def between(before: Any, after: Any) -> list[Change]:
    """Return the columns and sets that differ between two rows."""
    changes = []
    for field in _fields(after):
        if _differs(field, before, after):
            changes += _changes(field, before, after)
    return changes


def changes_of(row: Any, before: Any) -> list[Change]:
    """Return what a row changed; for the first row of an object, all its values."""
    if before is not None:
        return between(before, row)
    values = [_change(_title(field), NOTHING, _text(row, field)) for field in _fields(row)]
    return [value for value in values if value.new != NOTHING]


def side_by_side(then: Any, now: Any) -> list[Column]:
    """Return all columns and sets of an earlier row beside those of the newest one."""
    return [
        Column(*_change(_title(one), _text(then, one), _text(now, one)), _differs(one, then, now))
        for one in _fields(then)
    ]


def named_by(row: Any) -> list[str]:
    """Return the lookups that prefetch all objects that a kind of history row refers to."""
    keys = [one.name for one in row.tracked_fields if isinstance(one, models.ForeignKey)]
    sets = [f"{members_of(one)}__{one.m2m_reverse_field_name()}" for one in row._history_m2m_fields]
    return [*keys, *sets]


def members_of(field: Any) -> str:
    """Return the name under which a history row has its members of a set of related objects.

    Under the field's own name simple-history has a manager that can't be read in advance.
    """
    return f"historical{field.remote_field.through._meta.model_name}_set"


def _fields(row: Any) -> list[Any]:
    columns = [field for field in row.tracked_fields if field.name not in LEFT_OUT]
    return [*columns, *row._history_m2m_fields]


def _changes(field: Any, before: Any, after: Any) -> list[Change]:
    """Return the change of a column; of findings, one for each item that differs."""
    if field.name != FINDINGS:
        return [_change(_title(field), _text(before, field), _text(after, field))]
    old, new = (findings.by_item(row.findings, row.plan_id) for row in (before, after))
    nothing = ("", NOTHING)
    return [
        _change((old | new)[key][0], old.get(key, nothing)[1], new.get(key, nothing)[1])
        for key in old | new
        if old.get(key) != new.get(key)
    ]


def _change(field: str, old: str, new: str) -> Change:
    """Return a change of which long texts are cut to the place that differs."""
    return Change(field, *around_difference(old, new))


def _differs(field: Any, one: Any, other: Any) -> bool:
    if field.many_to_many:
        return _text(one, field) != _text(other, field)
    return bool(getattr(one, field.attname) != getattr(other, field.attname))


def _title(field: Any) -> str:
    return str(capfirst(field.verbose_name))


def _text(row: Any, field: Any) -> str:  # noqa: PLR0911
    if field.many_to_many:
        name = field.m2m_reverse_field_name()
        members = [str(getattr(one, name)) for one in getattr(row, members_of(field)).all()]
        return ", ".join(sorted(members)) or NOTHING
    value = getattr(row, field.name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, "", {}):
        return NOTHING
    if field.name == FINDINGS:
        words = findings.by_item(value, row.plan_id).values()
        return "; ".join(f"{name}: {found}" for name, found in words)
    if isinstance(value, PlanVersion):
        return _("version %d") % value.number
    if isinstance(value, datetime):
        return exactly(value)
    if isinstance(value, timedelta):
        return duration_in_units(value)
    if isinstance(value, dict):
        value = ", ".join(f"{name}: {text_of(one)}" for name, one in value.items())
    if field.choices and not isinstance(field, models.ForeignKey):
        return str(dict(field.flatchoices).get(value, value))
    return str(value)
