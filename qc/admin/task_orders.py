"""In which order the task list shows what is asked for: always one that an index serves.

Each filter has its index (`Task.Meta.indexes`); of several, the one that finds the fewest is
taken, and the others drop some of what it finds.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qc.admin.keyset import Order
from qc.admin.task_filters import due, in_days
from qc.models import Status, Task

QUEUE, STATUS, PRIORITY, PERSON, LATE, SEARCH = (
    "queue__id__exact",
    "status__exact",
    "priority__exact",
    "assignee__id__exact",
    "late",
    "q",
)
ARRIVED = ("created_at_from", "created_at_to")
COMPLETED = ("completed_at_from", "completed_at_to")
NEWEST = ("-id",)
LAST_CHARACTER = "\U0010ffff"

Asked = Mapping[str, str]


def begins_with(text: str) -> Q:
    """Gives the condition for a reference that begins so: a range of its index.

    A LIKE would do without it: Django compares by bytes, MariaDB has it by characters.
    """
    start = text.strip().upper()
    return Q(reference__gte=start, reference__lt=start + LAST_CHARACTER)


def choose(asked: Asked) -> Order:
    """Gives the order for what is asked. Raises ValueError for what can't be asked."""
    first = (_found, _completed, _of_person, _arrived, _next_in_queue, _due)
    orders = (*first, _of_queue, _of_priority, _in_status)
    return next(filter(None, (order(asked) for order in orders)), None) or _newest()


def _newest() -> Order:
    return _order(_("newest first"), NEWEST, Q())


def _found(asked: Asked) -> Order | None:
    if not asked.get(SEARCH):
        return None
    there = begins_with(asked[SEARCH])
    if not Task.objects.filter(there).exists():
        return None
    return _order(_("by reference"), ("reference",), there, SEARCH)


def _of_person(asked: Asked) -> Order | None:
    if PERSON not in asked:
        return None
    theirs = Q(assignee=int(asked[PERSON]))
    if asked.get(STATUS) == Status.ASSIGNED:
        theirs &= Q(slot__isnull=False)
    # What they hold has a slot; NULL, for what they have completed, comes last.
    return _order(
        _("what they hold first, then what they completed"),
        ("-slot", "-id"),
        theirs,
        *((PERSON, STATUS) if asked.get(STATUS) == Status.ASSIGNED else (PERSON,)),
    )


def _completed(asked: Asked) -> Order | None:
    if not any(name in asked for name in COMPLETED):
        return None
    days = in_days("completed_at", asked) & Q(completed_at__isnull=False)
    if PERSON not in asked:
        return _last_completed(days, *COMPLETED)
    theirs = Q(assignee=int(asked[PERSON])) & days
    return _order(_("last completed first"), ("-completed_at", "-id"), theirs, *COMPLETED, PERSON)


def _last_completed(condition: Q, *serves: str) -> Order:
    return _order(
        _("last completed first"),
        ("-completed_at", "-due_at", "-id"),
        condition & Q(completed_at__isnull=False),
        *serves,
    )


def _arrived(asked: Asked) -> Order | None:
    if not any(name in asked for name in ARRIVED):
        return None
    days = in_days("created_at", asked)
    return _order(_("newest first"), ("-created_at", "-id"), days, *ARRIVED)


def _next_in_queue(asked: Asked) -> Order | None:
    # What is completed is many, and nobody asks for it in the order of work.
    if QUEUE not in asked or asked.get(STATUS, Status.COMPLETED) == Status.COMPLETED:
        return None
    condition = Q(queue=int(asked[QUEUE]), status=asked[STATUS])
    if PRIORITY in asked:
        condition &= Q(priority=int(asked[PRIORITY]))
    columns = ("priority", "due_at", "id")
    return _order(_("most urgent first"), columns, condition, QUEUE, STATUS, PRIORITY)


def _due(asked: Asked) -> Order | None:
    if asked.get(LATE) not in ("yes", "no"):
        return None
    return _order(_("first due first"), ("due_at", "id"), due(asked[LATE]))


def _of_queue(asked: Asked) -> Order | None:
    if QUEUE not in asked:
        return None
    return _order(_("newest first"), NEWEST, Q(queue=int(asked[QUEUE])), QUEUE)


def _of_priority(asked: Asked) -> Order | None:
    if PRIORITY not in asked or asked.get(STATUS, Status.COMPLETED) != Status.COMPLETED:
        return None
    return _order(_("newest first"), NEWEST, Q(priority=int(asked[PRIORITY])), PRIORITY)


def _in_status(asked: Asked) -> Order | None:
    status = asked.get(STATUS)
    if status is None:
        return None
    if status == Status.COMPLETED:
        return _last_completed(Q(), STATUS)
    if status == Status.ASSIGNED:
        columns = ("-assigned_at", "-id")
        return _order(_("last assigned first"), columns, Q(status=status), STATUS)
    # Nothing that waits or is parked was assigned: so the index has it by id.
    nobodys = Q(status=status, assigned_at__isnull=True)
    return _order(_("newest first"), NEWEST, nobodys, STATUS)


def _order(words: Any, columns: tuple[str, ...], condition: Q, *serves: str) -> Order:
    return Order(words, columns, Task.objects.filter(condition), frozenset(serves))
