"""The columns of a task that belong to its status: how each transition changes and saves them."""

from qc import history
from qc.checks import recording
from qc.core import compiled_queries
from qc.models import Status, Task, User

TRANSITION_FIELDS = (
    "status",
    "assignee",
    "slot",
    "assigned_at",
    "started_at",
    "completed_at",
    "outcome",
    "notes",
    "shown_at",
    "draft",
    "draft_version",
    "draft_outcome",
    "draft_findings",
    "plan",
    "findings",
    "inspected",
    "rejected",
    "released_by",
    "next_for",
    "next_at",
)


def change(task: Task, **columns: object) -> None:
    """Set columns of a task in memory."""
    for name, value in columns.items():
        setattr(task, name, value)


def save(task: Task, kind: str, by: User | None, person: int | None, reason: str = "") -> None:
    """Save these columns with their row of history, which is about a `person` too."""
    compiled_queries.update_row(task, TRANSITION_FIELDS)
    people = [person] if person else None
    history.record_many([task], kind=kind, by=by, reasons=[reason], people=people)


def make_draft(task: Task) -> None:
    """Make notes and findings of a completed task its draft; take back what counts them."""
    recording.forget(task)
    if task.status == Status.COMPLETED:
        task.draft_findings = recording.as_sent(task).as_draft()
    change(task, draft=task.notes, notes="", findings=None, inspected=None, rejected=None)
    # Tabs that were opened before it have older ones.
    task.draft_version += 1
