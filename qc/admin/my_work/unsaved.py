"""What somebody typed and could not be saved: it is shown on a card, and never lost."""

from dataclasses import dataclass, field
from secrets import token_hex

from django.http import HttpRequest

from qc.core.exceptions import AlreadyCompleted, QCError
from qc.models import Status, Task


@dataclass(frozen=True)
class Unsaved:
    """Notes, and perhaps an outcome, for a task that could not take them; `why` says the reason.

    `is_correction`: the person has completed the task themselves, and may send it as a correction.
    """

    task: Task
    why: str
    notes: str
    outcome: str = ""
    reason: str = ""
    is_correction: bool = False
    key: str = field(default_factory=lambda: token_hex(4))


@dataclass(frozen=True)
class Newer:
    """Notes saved from another tab, which are newer than those that `typed` was based on."""

    typed: str
    stored: str
    version: int


def of_request(request: HttpRequest, task_id: int, action: str, refusal: QCError) -> Unsaved | None:
    """Return what a refused request carried; None if it is still in the notes field or stored."""
    task = Task.objects.filter(pk=task_id).select_related("queue").first()
    if task is None or _is_in_front_of(task, request):
        return None
    typed = notes(request)
    is_correction = isinstance(refusal, AlreadyCompleted) or action == "correct"
    if not is_correction and typed.strip() in ("", task.draft.strip()):
        return None
    outcome, reason = request.POST.get("outcome", ""), request.POST.get("reason", "")
    return Unsaved(task, str(refusal), typed, outcome, reason, is_correction)


def blank() -> Unsaved:
    """Return an empty one, from which the page's scripts make cards; "{}" is the reference."""
    return Unsaved(Task(pk=0, reference="{}"), why="", notes="", key="0")


def notes(request: HttpRequest) -> str:
    """Return the notes of a request, with line ends as the notes field has them."""
    return request.POST.get("notes", "").replace("\r\n", "\n")


def _is_in_front_of(task: Task, request: HttpRequest) -> bool:
    return task.status == Status.ASSIGNED and task.assignee_id == request.user.pk
