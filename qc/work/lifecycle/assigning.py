"""Waiting tasks get their person: one of them, or many by two statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from qc import history
from qc.core.compiled_queries import list_of, number_by_id
from qc.models import ChangeKind, Status, Task, User
from qc.work import guards
from qc.work.lifecycle.columns import change, save
from qc.work.lifecycle.starting import choose_plan


class Assignment(NamedTuple):
    """A task to give to a person in one of their free slots, and why."""

    task: Task
    person: User
    slot: int
    why: str


class HandOut(NamedTuple):
    """The same by ids: of a waiting task that nobody needs in memory."""

    task: int
    person: int
    slot: int
    why: str


def assign(found: Assignment, *, by: User | None, kind: str) -> Task:
    """PENDING → ASSIGNED. `qc.work.assignment` has locked the person, then the task."""
    guards.write_people([found.person.pk])
    _take(found, _assigned_columns())
    save(found.task, kind, by, found.person.pk, found.why)
    return found.task


def assign_many(
    found: Sequence[Assignment], *, are_begun: bool = False, are_written: bool = False
) -> None:
    """PENDING → ASSIGNED for many at once, as by `hand_out`; the tasks in memory change too.

    With `are_begun` they are in front of their person now, and so started; with `are_written` the
    caller's transaction has written the people's rows.
    """
    if not found:
        return
    columns = _assigned_columns()
    if are_begun:
        columns |= dict.fromkeys(("shown_at", "started_at"), columns["assigned_at"])
    for one in found:
        _take(one, columns)
        if are_begun:
            choose_plan(one.task)
    given = [HandOut(one.task.pk, one.person.pk, one.slot, one.why) for one in found]
    plans = {one.task.pk: one.task.plan_id for one in found if are_begun and one.task.plan_id}
    _write_assigned(given, columns, plans, are_written=are_written)
    # Details that are no JSON were read as text: the database itself refuses to copy them.
    if history.is_together() and not any(isinstance(one.task.details, str) for one in found):
        _record_assigned(found)
    else:
        history.record_handed_out({one.task: one.why for one in given})


def hand_out(given: Sequence[HandOut]) -> None:
    """PENDING → ASSIGNED for many at once: one update, one insert of history rows.

    The caller has locked the people, then the tasks, which wait.
    """
    if given:
        _write_assigned(given, _assigned_columns())
        history.record_handed_out({one.task: one.why for one in given})


def _assigned_columns() -> dict[str, Any]:
    """Return the columns that all tasks assigned now share."""
    in_no_line = {"next_for_id": None, "next_at": None}
    return {"status": Status.ASSIGNED, "assigned_at": timezone.now(), **in_no_line}


def _take(found: Assignment, columns: dict[str, Any]) -> None:
    task, person, slot, _why = found
    guards.guard_state(task, "assign")
    change(task, assignee=person, slot=slot, **columns)


def _write_assigned(
    given: Sequence[HandOut],
    columns: dict[str, Any],
    plans: Mapping[int, int] | None = None,
    *,
    are_written: bool = False,
) -> None:
    """Write the people, and the tasks with the columns that all share; without history.

    `plans` are the versions that tasks are begun with, by task.

    The ORM would take longer to build these statements than the database to run them.
    """
    if not are_written:
        guards.write_people({one.person for one in given})
    adapt = connection.ops.adapt_datetimefield_value
    values = [adapt(one) if isinstance(one, datetime) else one for one in columns.values()]
    shared = "".join([f"{name} = %s, " for name in columns])
    if plans:
        shared += f"plan_id = {number_by_id(plans, otherwise='plan_id')}, "
    person = number_by_id({one.task: one.person for one in given})
    slot = number_by_id({one.task: one.slot for one in given})
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Task._meta.db_table} SET {shared}assignee_id = {person}, slot = {slot}"  # noqa: S608
            f" WHERE id IN ({list_of(one.task for one in given)})",
            values,
        )


def _record_assigned(found: Sequence[Assignment]) -> None:
    tasks, people = [one.task for one in found], [one.person.pk for one in found]
    reasons = [one.why for one in found]
    history.record_many(tasks, kind=ChangeKind.ASSIGNED, by=None, reasons=reasons, people=people)
