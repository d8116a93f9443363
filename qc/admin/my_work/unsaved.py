"""What somebody typed and could not be saved: it is shown on a card, and never lost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from django.http import HttpRequest

from qc.admin.shared import check_fields
from qc.checks import judging
from qc.checks.check_input import CheckInput, of_draft
from qc.core.exceptions import AlreadyCompleted, QCError
from qc.models import Status, Task


@dataclass(frozen=True)
class Unsaved:
    """Notes, and perhaps an outcome, for a task that could not take them; `why` says the reason.

    `fields` are those of its check, to be sent again, and `words` say them.

    `is_correction`: the person has completed the task themselves, and may send it as a correction.
    """

    task: Task
    why: str
    notes: str
    outcome: str = ""
    reason: str = ""
    fields: Sequence[tuple[str, str]] = ()
    words: Sequence[str] = ()
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
    typed = check_fields.notes(request)
    is_correction = isinstance(refusal, AlreadyCompleted) or action == "correct"
    words = _words(task, check_fields.read(request))
    if not is_correction and not words and typed.strip() in ("", task.draft.strip()):
        return None
    if not is_correction:
        typed = "\n".join([typed, *words]).strip()
    outcome, reason = request.POST.get("outcome", ""), request.POST.get("reason", "")
    fields = check_fields.sent(request) if is_correction else ()
    return Unsaved(task, str(refusal), typed, outcome, reason, fields, words, is_correction)


def blank() -> Unsaved:
    """Return an empty one, from which the page's scripts make cards; "{}" is the reference."""
    return Unsaved(Task(pk=0, reference="{}"), why="", notes="", key="0")


def _words(task: Task, check: CheckInput | None) -> list[str]:
    """Return in words what a check says that is not stored; nothing where all of it is."""
    if not check or check == of_draft(task.draft_findings):
        return []
    return [words for *_field, words in check_fields.fields(judging.plan_of(task), check)]


def _is_in_front_of(task: Task, request: HttpRequest) -> bool:
    return task.status == Status.ASSIGNED and task.assignee_id == request.user.pk
