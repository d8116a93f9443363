"""Changes of defect codes: each leaves an event that says what was changed, and from what to what.

Whoever changes one writes the event in the same transaction: `as_recorded` before and after it,
then `record`. A code without its row is `{}`, so a new one and a deleted one are changes too.
"""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.history import events
from qc.models import Defect, DefectCode, EventKind, Queue, User

# The columns that are changed; `queues` are names beside them.
COLUMNS = ("group", "code", "name", "name_de", "severity", "is_active")

Recorded = dict[str, Any]


def as_recorded(pk: int | None) -> Recorded:
    """Return what is stored of a code, its queues by their names; nothing where there is none."""
    code = DefectCode.objects.filter(pk=pk or 0).first()
    if code is None:
        return {}
    queues = code.queues.order_by("name").values_list("name", flat=True)
    return {name: getattr(code, name) for name in COLUMNS} | {"queues": list(queues)}


def record(before: Recorded, after: Recorded, *, by: User | None = None) -> None:
    """Record the values that differ; nothing where none does. `by` is who acts unless given."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        return
    events.record(
        EventKind.CODE_CHANGED,
        by=by,
        code=(after or before)["code"],
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
    )


def switch_off(code_id: int, *, by: User) -> None:
    """Let nobody choose a code any more; what was found under it stays."""
    switch([code_id], on=False, by=by)


def switch_on(code_id: int, *, by: User) -> None:
    """Let people choose a code again."""
    switch([code_id], on=True, by=by)


@retrying
def switch(ids: Collection[int], *, on: bool, by: User) -> int:
    """Switch codes on or off; return how many were not so already."""
    codes = DefectCode.objects.select_for_update().filter(pk__in=ids).exclude(is_active=on)
    for code in codes:
        before = as_recorded(code.pk)
        code.is_active = on
        code.save(update_fields=["is_active"])
        record(before, as_recorded(code.pk), by=by)
    return len(codes)


def also_in(queue: Queue, other: Queue, *, by: User) -> None:
    """Let people choose the codes of another queue in this one too."""
    for code in DefectCode.objects.filter(queues=other).exclude(queues=queue):
        before = as_recorded(code.pk)
        code.queues.add(queue)
        record(before, as_recorded(code.pk), by=by)


@retrying
def delete(code: DefectCode, *, by: User) -> None:
    """Delete a code that no check has found. Raises InvalidTransition for any other."""
    before = as_recorded(DefectCode.objects.select_for_update().get(pk=code.pk).pk)
    if is_used(code):
        raise InvalidTransition(why_kept(code))
    code.delete()
    record(before, {}, by=by)


def is_used(code: DefectCode) -> bool:
    """Return whether a check has found it."""
    return Defect.objects.filter(code=code).exists()


def why_kept(code: DefectCode) -> str:
    """Return in words why a code that is used must not be deleted."""
    text = _("%s was found by checks, so it can't be deleted. Switch it off instead.")
    return text % code.code
