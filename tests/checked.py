"""Completed checks for tests: tasks with findings, and the rows by which these are counted."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any

from django.db import connection
from django.utils import timezone

from qc import history
from qc.checks import plan
from qc.models import (
    Answer,
    AnswerKind,
    ChangeKind,
    Defect,
    DefectCode,
    Outcome,
    PlanVersion,
    Queue,
    Status,
    Task,
    User,
)

_numbers = count(1)
_INSERT_ANSWERS = (
    "INSERT INTO qc_answer"
    " (task_id, queue_id, person_id, completed_at, item, verdict, value, number)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
)

# Tasks written by one statement.
BATCH = 2000


def code(name: str, *, severity: int = 2, group: str = "", **columns: Any) -> DefectCode:
    """Return the defect code of this name; make it at first."""
    values = {"name": name.title(), "severity": severity, "group": group} | columns
    return DefectCode.objects.get_or_create(code=name, defaults=values)[0]


def checked(
    queue: Queue,
    by: User,
    answers: dict[str, str] | None = None,
    *,
    defects: Sequence[tuple[Any, ...]] = (),
    files: Sequence[dict[str, Any]] = (),
    at: datetime | None = None,
    outcome: str = "",
    **columns: Any,
) -> Task:
    """Complete a check with these answers, by key, and defects: (code, quantity, item, note).

    Its history says that it was completed, as `qc.work.lifecycle` would have it.
    """
    at = at or timezone.now()
    number = next(_numbers)
    begun = {"assigned_at": at - timedelta(minutes=5), "started_at": at - timedelta(minutes=4)}
    columns = {"reference": f"C-{number:04}", "name": f"Check {number}"} | columns
    task = Task(queue=queue, due_at=at, created_at=at - timedelta(hours=1), **columns)
    with history.without_history(task):
        task.save()
    history.record_many([task], kind="", by=None, reasons=[""], created=True)
    task.plan = queue.plan
    found = findings(queue.plan, answers or {}, defects)
    task.findings = found | ({"files": list(files)} if files else {}) or None
    task.status, task.assignee, task.completed_at = Status.COMPLETED, by, at
    is_failed = any(one["verdict"] == "not_ok" for one in _answers(task).values()) or defects
    task.outcome = outcome or (Outcome.FAILED if is_failed else Outcome.PASSED)
    for name, moment in begun.items():
        setattr(task, name, moment)
    history.save(task, kind=ChangeKind.COMPLETED, by=by)
    write_rows(task)
    return task


def many(
    queue: Queue,
    people: Sequence[User],
    n: int,
    days: Sequence[date],
    keys: Sequence[str] = ("label", "box"),
) -> None:
    """Write n completed checks of a queue with a plan in bulk, without history.

    Its items are answered at random: "torque" by a number, and each of `keys`; one check in five
    has defects.
    """
    made = Random(1)
    codes = [code(f"D{number}", severity=number % 3 + 1) for number in range(1, 8)]
    for start in range(0, n, BATCH):
        size = min(BATCH, n - start)
        tasks = [
            _random_task(made, queue, made.choice(people), days, codes, keys) for _n in range(size)
        ]
        Task.objects.bulk_create(tasks)
        _with_ids(tasks)
        _write_in_bulk(tasks, {one.code: one for one in codes})


def _random_task(
    made: Random,
    queue: Queue,
    by: User,
    days: Sequence[date],
    codes: list[DefectCode],
    keys: Sequence[str],
) -> Task:
    noon = datetime.combine(made.choice(days), time(12), timezone.get_current_timezone())
    at = noon + timedelta(seconds=made.uniform(-4, 4) * 3600)
    answers = {"torque": f"{made.gauss(9, 0.5):.2f}"}
    answers |= {key: made.choice(("ok", "ok", "not_ok", "na")) for key in keys}
    some = made.sample(codes, made.choice((1, 1, 2))) if made.random() < 0.2 else []
    defects = [(one.code, made.randint(1, 5), "label") for one in some]
    inspected = made.choice((None, 20, 50))
    number = next(_numbers)
    return Task(
        reference=f"M-{number:06}",
        name="Check it",
        queue=queue,
        plan=queue.plan,
        due_at=at,
        created_at=at,
        **dict.fromkeys(("assigned_at", "started_at", "completed_at"), at),
        assignee=by,
        status=Status.COMPLETED,
        outcome="failed" if defects else "passed",
        purpose="reinspect" if made.random() < 0.1 else "",
        inspected=inspected,
        rejected=inspected and (min(inspected, len(defects))),
        details={"supplier": made.choice(("Abel", "Burt", "Cole"))},
        findings=findings(queue.plan, answers, defects),
    )


def _with_ids(tasks: list[Task]) -> None:
    """Give tasks their ids: MySQL returns none for rows that were written in bulk."""
    references = [task.reference for task in tasks]
    ids = dict(Task.objects.filter(reference__in=references).values_list("reference", "pk"))
    for task in tasks:
        task.pk = ids[task.reference]


def _write_in_bulk(tasks: list[Task], codes: dict[str, DefectCode]) -> None:
    defects = []
    for task in tasks:
        shared = {"task": task, "queue_id": task.queue_id, "person_id": task.assignee_id}
        shared["completed_at"] = task.completed_at
        for one in (task.findings or {}).get("defects", []):
            defects.append(Defect(**shared, **one | {"code": codes[one["code"]]}))
    Defect.objects.bulk_create(defects, batch_size=5000)
    rows = (row for task in tasks for row in _answer_rows(task))
    with connection.cursor() as cursor:
        # The ORM would take most of the time of a test with a hundred thousand.
        cursor.executemany(_INSERT_ANSWERS, rows)


def _answer_rows(task: Task) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of each answer to a task."""
    moment = connection.ops.adapt_datetimefield_value(task.completed_at)
    shared = (task.pk, task.queue_id, task.assignee_id, moment)
    for key, one in _answers(task).items():
        number = one["value"] if key == "torque" else None
        yield (*shared, key, one["verdict"], one["value"], number)


def findings(
    version: PlanVersion | None, answers: dict[str, str], defects: Sequence[tuple[Any, ...]]
) -> dict[str, Any]:
    """Return what a completed task has in `findings`."""
    items = plan.of_version(version.pk).by_key if version else {}
    found: dict[str, Any] = {}
    if answers:
        found["answers"] = {
            key: {"value": _stored(items[key], value), "verdict": verdict(items[key], value)}
            for key, value in answers.items()
        }
    if defects:
        found["defects"] = [_defect(*one) for one in defects]
    return found


def _stored(item: plan.Item, value: str) -> str:
    # Of these the verdict says all.
    return "" if item.kind == AnswerKind.OK_NOT_OK else value


def verdict(item: plan.Item, value: str) -> str:
    """Return what an answer means."""
    if item.kind == AnswerKind.OK_NOT_OK:
        return value
    if item.kind == AnswerKind.CHOICE:
        return "ok" if {one.value: one.is_ok for one in item.options}[value] else "not_ok"
    if item.kind != AnswerKind.NUMBER or (item.lower, item.upper) == (None, None):
        return ""
    low, high = item.lower or -Decimal("Infinity"), item.upper or Decimal("Infinity")
    return "ok" if low <= Decimal(value) <= high else "not_ok"


def write_rows(task: Task) -> None:
    """Write the rows by which the findings of a task are counted."""
    shared = {"task": task, "queue_id": task.queue_id, "person_id": task.assignee_id}
    shared["completed_at"] = task.completed_at
    items = plan.of_version(task.plan_id).by_key if task.plan_id else {}
    for key, one in _answers(task).items():
        is_number = items[key].kind == AnswerKind.NUMBER
        number = Decimal(one["value"]) if is_number else None
        Answer.objects.create(item=key, number=number, **one, **shared)
    for one in (task.findings or {}).get("defects", []):
        Defect.objects.create(**shared, **one | {"code": code(one["code"])})


def _answers(task: Task) -> dict[str, dict[str, str]]:
    return (task.findings or {}).get("answers", {})


def _defect(name: str, quantity: int = 1, item: str = "", note: str = "") -> dict[str, Any]:
    severity = code(name).severity
    return {
        "code": name,
        "severity": severity,
        "quantity": quantity,
        "note": note,
        "item": item,
    }
