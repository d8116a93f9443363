"""Compares the rows by which answers and defects are counted with the findings of their tasks.

The findings are in the task's history, which is sealed, so what differs is a row that was changed,
added or removed by itself. Tasks are read in batches by their ids, and none that had no findings.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Max

from qc.checks import plan
from qc.models import Answer, AnswerKind, Defect, Status, Task

BATCH = 1000

# What a row says, besides its task.
RowValues = tuple[Any, ...]
# Of each task, the rows by what they say; one may be there twice.
RowsByTask = dict[int, Counter[RowValues]]

# Of both kinds of rows: what they say of their task, then the item.
_SHARED = ("queue_id", "person_id", "completed_at", "item")
_ANSWER = (*_SHARED, "value", "verdict", "number")
_DEFECT = (*_SHARED, "code__code", "severity", "quantity", "note")
# What somebody has changed past QC Desk may be of any shape.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
_ITEM = _SHARED.index("item")
_CODE = _DEFECT.index("code__code")


def differing() -> Iterator[str]:
    """Yield a sentence for each answer or defect whose row and findings disagree."""
    last = Task.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, BATCH):
        yield from _batch((start, start + BATCH - 1))


def _batch(ids: tuple[int, int]) -> Iterator[str]:
    stored = [
        ("answer", _ITEM, _stored(Answer.objects, _ANSWER, ids)),
        ("defect", _CODE, _stored(Defect.objects, _DEFECT, ids)),
    ]
    tasks = Task.objects.filter(pk__range=ids)
    checked = {task.pk for task in tasks.filter(findings__isnull=False).only("pk")}
    wanted = checked.union(*(rows for _kind, _name, rows in stored))
    for task in tasks.filter(pk__in=wanted).order_by("pk"):
        try:
            expected = _expected(task)
        except UNREADABLE:
            yield f"{task.reference}: its findings or its check plan can't be read"
            continue
        for (kind, name, rows), values in zip(stored, expected, strict=True):
            yield from _differences(task, kind, name, rows[task.pk], values)


def _expected(task: Task) -> tuple[Counter[RowValues], Counter[RowValues]]:
    """Return what the rows of a task's answers and defects must say. Raises UNREADABLE."""
    if task.status != Status.COMPLETED:
        return Counter(), Counter()
    return Counter(_answers(task)), Counter(_defects(task))


def _stored(rows: Any, columns: tuple[str, ...], ids: tuple[int, int]) -> RowsByTask:
    by_task: RowsByTask = defaultdict(Counter)
    within = {"task__gte": ids[0], "task__lte": ids[1]}
    found = rows.filter(**within).order_by("task").values_list("task", *columns)
    for task, *values in found:
        by_task[task][tuple(values)] += 1
    return by_task


def _answers(task: Task) -> Iterator[RowValues]:
    """Yield what the rows of a task's answers must say."""
    answers = (task.findings or {}).get("answers", {})
    items = plan.of_version(task.plan_id).by_key if answers and task.plan_id else {}
    for key, one in answers.items():
        value = one.get("value", "")
        is_number = key in items and items[key].kind == AnswerKind.NUMBER
        number = _number(value) if is_number else None
        yield (*_of_task(task), key, value, one.get("verdict"), number)


def _defects(task: Task) -> Iterator[RowValues]:
    """Yield what the rows of a task's defects must say."""
    for one in (task.findings or {}).get("defects", []):
        values = (one["code"], one["severity"], one["quantity"], one.get("note", ""))
        yield (*_of_task(task), one.get("item", ""), *values)


def _number(value: str) -> Decimal | None:
    # Findings that somebody has changed may say anything.
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _of_task(task: Task) -> RowValues:
    return task.queue_id, task.assignee_id, task.completed_at


def _differences(
    task: Task, kind: str, name: int, stored: Counter[RowValues], expected: Counter[RowValues]
) -> Iterator[str]:
    """Yield a sentence for each name whose rows are not those expected."""
    lacking = {row[name] for row in expected - stored}
    surplus = {row[name] for row in stored - expected}
    for one in sorted(lacking | surplus):
        what = f"{task.reference}: the row of {kind} {one}"
        if one not in surplus:
            yield f"{what} is missing"
        elif one not in lacking:
            yield f"{what} is not in its findings"
        else:
            yield f"{what} differs from its findings"
