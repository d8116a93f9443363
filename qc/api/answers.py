"""What the API answers, as plain values: a serializer would be built anew for each answer."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from qc.checks import judging, plan
from qc.core.localization import local
from qc.models import DefectCode, Evidence, Status, Task, User


def of_task(task: Task) -> dict[str, Any]:
    """Return a task with everything its holder needs."""
    values = {
        "id": task.pk,
        "reference": task.reference,
        "name": task.name,
        "queue": task.queue.name,
        "priority": task.priority,
        "due_at": _moment(task.due_at),
        "instructions": task.instructions,
        "link": task.link,
        "details": task.details,
        "status": task.status,
        "assigned_at": _moment(task.assigned_at),
        "started_at": _moment(task.started_at),
        "completed_at": _moment(task.completed_at),
        "outcome": task.outcome,
        "notes": task.notes,
        "draft": task.draft,
        "draft_outcome": task.draft_outcome,
        "scan_to_start": task.queue.scan_to_start,
    }
    if version := judging.version_of(task):
        number, content = plan.stored(version)
        # What was asked is no news to who has answered it.
        is_done = task.status == Status.COMPLETED
        values["plan"] = {"version": number} | ({} if is_done else content)
    if task.findings:
        values["findings"] = task.findings
    if task.lot_size is not None:
        values["lot_size"] = task.lot_size
    wanted = ("needs_defects", "counts_quantities")
    values |= {name: True for name in wanted if getattr(task.queue, name)}
    if task.inspected is not None:
        values |= {"inspected": task.inspected, "rejected": task.rejected}
    return values


def of_file(row: Evidence) -> dict[str, Any]:
    """Return what is known of a file; its content has an address of its own."""
    return {
        "id": row.pk,
        "name": row.name,
        "item": row.item,
        "defect": row.defect,
        "content_type": row.content_type,
        "size": row.size,
        "sha256": row.digest,
        "added_by": row.added_by.username,
        "added_at": _moment(row.added_at),
    }


def of_code(code: DefectCode) -> dict[str, Any]:
    """Return a defect code as it is named in a check."""
    names = ("code", "group", "name", "name_de", "severity")
    return {name: getattr(code, name) for name in names}


def of_line(task: Task) -> dict[str, Any]:
    """Return of a task what others see of it."""
    return {"id": task.pk, "reference": task.reference, "name": task.name, "status": task.status}


def of_person(person: User, open_now: Collection[Task]) -> dict[str, Any]:
    """Return a person as others see them, with the tasks that they hold."""
    return {
        "id": person.pk,
        "username": person.username,
        "is_logged_in": person.is_logged_in,
        "is_free": person.is_free(len(open_now)),
        "break_reason": person.break_reason,
        "tasks": list(map(of_line, open_now)),
    }


def of_caller(person: User, open_now: Collection[Task]) -> dict[str, Any]:
    """Return the caller, with their own tasks in full."""
    return of_person(person, open_now) | {
        "tasks": [of_task(task) for task in open_now],
        "first_name": person.first_name,
        "last_name": person.last_name,
        "capacity": person.capacity,
    }


def _moment(moment: datetime | None) -> str | None:
    """Return a moment in ISO 8601 by the site's clocks, where they have it, with Z for UTC."""
    if moment is None:
        return None
    text = local(moment).isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text
