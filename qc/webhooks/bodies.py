"""The bodies of messages: what happened to a task, and the task as it was then.

A body is made of the row of history that it tells of. It stays below the size that receivers take:
long texts are cut, and what does not fit is left out, with `cut` to say so.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from qc.checks import findings
from qc.core.localization import for_the_record, utc_isoformat
from qc.models import Status, Task
from qc.models.webhooks import TEST

# The most bytes of a body, and the most characters of a text in it.
MOST_BYTES = 20_000
LONGEST_TEXT = 2000
# Of a check with more to say only so much is said.
MOST_FOUND = 20
# What is left out of a body that is too long, until it fits.
LEFT_OUT = ("details", "found", "instructions", "notes", "reason")

Body = dict[str, Any]


def of_rows(types: Mapping[int, str]) -> dict[int, Body]:
    """Return the bodies of events by their history rows, given the types of these.

    There is none of a row that is archived already.
    """
    people = ("history_user", "person", "assignee", "queue")
    rows = Task.history.filter(history_id__in=list(types)).order_by()
    return {
        row.history_id: _of_row(types[row.history_id], row) for row in rows.select_related(*people)
    }


def of_test(name: str, now: datetime) -> Body:
    """Return the body of a test of a webhook."""
    return {"type": TEST, "timestamp": utc_isoformat(now), "data": {"webhook": name}}


def encoded(body: Body) -> str:
    """Return a body as it is sent."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _of_row(type_: str, row: Any) -> Body:
    with for_the_record():
        data, is_cut = _with_short_texts(_data(row))
    body = {"type": type_, "timestamp": utc_isoformat(row.history_date), "data": data}
    names = iter(LEFT_OUT)
    while len(encoded(body).encode()) >= MOST_BYTES - len(',"cut":true') and (
        name := next(names, None)
    ):
        is_cut = data.pop(name, None) is not None or is_cut
    if is_cut:
        data["cut"] = True
    return body


def _with_short_texts(data: Body) -> tuple[Body, bool]:
    """Return the data with their long texts cut, and whether any was."""
    long = {
        name: value[: LONGEST_TEXT - 1] + "…"
        for name, value in data.items()
        if isinstance(value, str) and len(value) > LONGEST_TEXT
    }
    return data | long, bool(long)


def _data(row: Any) -> Body:
    """Return the task as it was in a row of its history, who changed it, how and why."""
    is_done = row.status == Status.COMPLETED
    return {
        "id": row.id,
        "reference": row.reference,
        "name": row.name,
        "queue": row.queue.name,
        "priority": row.priority,
        "due_at": _moment(row.due_at),
        "status": row.status,
        "assignee": _name(row.assignee),
        "assigned_at": _moment(row.assigned_at),
        "started_at": _moment(row.started_at),
        "completed_at": _moment(row.completed_at),
        "outcome": row.outcome,
        "notes": row.notes,
        "found": list(_found(row)) if is_done else [],
        **({"lot_size": row.lot_size} if row.lot_size is not None else {}),
        **({"inspected": row.inspected, "rejected": row.rejected} if row.inspected else {}),
        "instructions": row.instructions,
        "link": row.link,
        "details": row.details,
        "change": row.kind,
        "by": _name(row.history_user),
        "person": _name(row.person),
        "reason": row.why,
        "channel": row.through,
    }


def _found(row: Any) -> Iterator[str]:
    notable = list(findings.notable(row.findings, row.plan_id))
    yield from notable[:MOST_FOUND]
    if len(notable) > MOST_FOUND:
        yield "…"


def _name(person: Any) -> str | None:
    return person.username if person else None


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_isoformat(moment)
