"""The first rows of each kind that an import has, kept with it for its page."""

from collections.abc import Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from qc.imports.planner import Plan, Planned, Told
from qc.imports.validation import same, text_of
from qc.models import Queue, Task

# So many of each kind; the counts are of all.
SHOWN = 100
KINDS = ("new", "changed", "unchanged", "left_alone")


def more(shown: dict[str, Any], planned: Plan) -> None:
    """Add what some more rows do to the first ones of each kind, as JSON can keep it."""
    for kind in KINDS:
        rows = shown.setdefault(kind, [])
        found: Sequence[Planned | Told] = getattr(planned, kind)
        rows += [_shown(one) for one in found[: SHOWN - len(rows)]]


def _shown(one: Planned | Told) -> dict[str, Any]:
    if isinstance(one, Told):
        told = {name: value for name, value in one.values.items() if value is not None}
        one = Planned(one.number, Task(**told), {})
    task = one.task
    return {
        "row": one.row,
        "reference": task.reference,
        "name": task.name,
        "queue": task.queue.name,
        "priority": int(task.priority),
        "due_at": _plain(task.due_at),
        "status": task.status,
        "columns": [
            change for name, pair in one.columns.items() for change in _changes(name, *pair)
        ],
    }


def _changes(name: str, old: Any, new: Any) -> list[list[Any]]:
    """Return a changed column, before and after; of the details, those that differ."""
    if name != "details":
        return [[name, _plain(old), _plain(new)]]
    pairs = [(key, text_of(old.get(key)), text_of(new.get(key))) for key in old | new]
    return [[key, before, after] for key, before, after in pairs if not same(before, after)]


def _plain(value: Any) -> Any:
    if isinstance(value, Queue):
        return value.name
    return DjangoJSONEncoder().default(value) if hasattr(value, "isoformat") else value
