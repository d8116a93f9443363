"""The rows by which answers and defects are counted, and what they repeat: a task's findings."""

from typing import Any

from django.db import connection

from qc.checks.check_input import CheckInput, FoundDefect
from qc.checks.judging import Judged
from qc.core import compiled_queries
from qc.models import Answer, Defect, DefectCode, Task
from qc.models.checks import MOST_DECIMALS, MOST_DIGITS


def record(task: Task, judged: Judged) -> None:
    """Insert the answers and defects of a completed task: one statement each."""
    shared = _shared(task)
    if judged.answers:
        compiled_queries.insert_rows(Answer._meta.db_table, _answers(judged), shared)
    if judged.defects:
        compiled_queries.insert_rows(Defect._meta.db_table, _defects(judged), shared)


def forget(task: Task) -> None:
    """Delete the answers and defects of a task whose completion does not stand any more."""
    findings = task.findings or {}
    if "answers" in findings:
        Answer.objects.filter(task=task).delete()
    if "defects" in findings:
        Defect.objects.filter(task=task).delete()


def as_sent(task: Task) -> CheckInput:
    """Return the check of a completed task as somebody would send it."""
    findings = task.findings or {}
    found = findings.get("answers", {}).items()
    return CheckInput(
        {key: answer["value"] or answer["verdict"] for key, answer in found},
        tuple(FoundDefect(**one) for one in findings.get("defects", ())),
        task.inspected,
        task.rejected,
    )


def _shared(task: Task) -> dict[str, Any]:
    """Return by column what all these rows have in common."""
    return {
        "task_id": task.pk,
        "queue_id": task.queue_id,
        "person_id": task.assignee_id,
        "completed_at": connection.ops.adapt_datetimefield_value(task.completed_at),
    }


def _answers(judged: Judged) -> dict[str, list[Any]]:
    adapt = connection.ops.adapt_decimalfield_value
    found = judged.answers
    return {
        "item": [one.item.key for one in found],
        "verdict": [one.verdict.value for one in found],
        "value": [one.value for one in found],
        "number": [one.number and adapt(one.number, MOST_DIGITS, MOST_DECIMALS) for one in found],
    }


def _defects(judged: Judged) -> dict[str, list[Any]]:
    found = judged.defects
    codes = DefectCode.objects.filter(code__in={one.code for one in found})
    ids = dict(codes.values_list("code", "pk"))
    return {
        "item": [one.item for one in found],
        "code_id": [ids[one.code] for one in found],
        "severity": [one.severity for one in found],
        "quantity": [one.quantity for one in found],
        "note": [one.note for one in found],
    }
