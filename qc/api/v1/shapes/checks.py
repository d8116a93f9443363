"""Checks and what they found, as the API answers them."""

from typing import Any

from qc.api import answers
from qc.api.v1.shapes.moments import moment
from qc.checks import judging, plan, recording
from qc.checks.check_input import of_draft
from qc.models import Defect, DefectCode, Status, Task


def of_check(task: Task) -> dict[str, Any]:
    """Return the check of a task: its draft, or what was sent and found once it is completed."""
    is_done = task.status == Status.COMPLETED
    version = judging.version_of(task)
    check = recording.as_sent(task) if is_done else of_draft(task.draft_findings)
    return {
        "task": task.pk,
        "status": task.status,
        "plan": plan.stored(version)[0] if version else None,
        "version": task.draft_version,
        "notes": task.notes if is_done else task.draft,
        **check.as_json(),
        "outcome": task.outcome or task.draft_outcome,
        "findings": task.findings,
    }


def of_code(code: DefectCode) -> dict[str, Any]:
    """Return a defect code; its queues were read. One without any is for all."""
    queues = sorted(queue.pk for queue in code.queues.all())
    return {"id": code.pk, **answers.of_code(code), "is_active": code.is_active, "queues": queues}


def of_defect(defect: Defect) -> dict[str, Any]:
    """Return defects of one code that a check found; its task, code and person were read."""
    return {
        "id": defect.pk,
        "task": defect.task_id,
        "reference": defect.task.reference,
        "queue": defect.queue_id,
        "person": defect.person.username,
        "completed_at": moment(defect.completed_at),
        "code": defect.code.code,
        "severity": defect.severity,
        "quantity": defect.quantity,
        "item": defect.item,
        "note": defect.note,
    }


def of_file(row: Any) -> dict[str, Any]:
    """Return what is known of a file."""
    return answers.of_file(row) | {"added_at": moment(row.added_at)}
