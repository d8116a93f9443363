"""What somebody typed and could not be saved: it is shown on a card, and never lost."""

from dataclasses import dataclass, field
from secrets import token_hex

from django.http import HttpRequest
from django.utils.translation import gettext as _

from qc.admin.my_work.check_form import CheckForm
from qc.admin.shared import check_fields
from qc.checks import judging
from qc.checks.check_input import CheckInput, of_draft
from qc.core.exceptions import AlreadyCompleted, InvalidCheck, QCError
from qc.models import Status, Task


@dataclass(frozen=True)
class Unsaved:
    """Notes, and perhaps an outcome, for a task that could not take them; `why` says the reason.

    `is_correction`: the person has completed the task themselves, and may send it as a correction;
    `check` is the form of its check, with what they typed and what is wrong with it.
    """

    task: Task
    why: str
    notes: str
    outcome: str = ""
    reason: str = ""
    is_correction: bool = False
    check: CheckForm | None = None
    has_words: bool = False
    key: str = field(default_factory=lambda: token_hex(4))

    @property
    def message(self) -> str:
        """What is said above the task in front: not what is marked on this card, above it."""
        if self.check is None or not self.check.errors:
            return self.why
        return _("%s was not saved: see its card above.") % self.task.reference


@dataclass(frozen=True)
class Newer:
    """Notes saved from another tab, which are newer than those that `typed` was based on."""

    typed: str
    stored: str
    version: int


def of_request(
    request: HttpRequest, task_id: int, action: str, refusal: QCError, why: str
) -> Unsaved | None:
    """Return what a refused request carried; None if it is still in the notes field or stored."""
    task = Task.objects.filter(pk=task_id).select_related("queue").first()
    if task is None or _is_in_front_of(task, request):
        return None
    if isinstance(refusal, AlreadyCompleted) or action == "correct":
        return _correction(request, task, refusal, why)
    typed = check_fields.notes(request)
    words = _words(task, check_fields.read(request))
    if not words and typed.strip() in ("", task.draft.strip()):
        return None
    return Unsaved(task, why, "\n".join([typed, *words]).strip(), has_words=bool(words))


def blank() -> Unsaved:
    """Return an empty one, from which the page's scripts make cards; "{}" is the reference."""
    return Unsaved(Task(pk=0, reference="{}"), why="", notes="", key="0")


def _correction(request: HttpRequest, task: Task, refusal: QCError, why: str) -> Unsaved:
    """Return a card with the form as it was sent, and each message at its item."""
    sent, key = check_fields.read(request), token_hex(4)
    errors = refusal.errors if isinstance(refusal, InvalidCheck) else {}
    check = None if sent is None else CheckForm(task, sent, errors, is_correction=True, card=key)
    return Unsaved(
        task,
        why,
        check_fields.notes(request),
        request.POST.get("outcome", ""),
        request.POST.get("reason", ""),
        is_correction=True,
        check=check,
        key=key,
    )


def _words(task: Task, check: CheckInput | None) -> list[str]:
    """Return in words what a check says that is not stored; nothing where all of it is."""
    if not check or check == of_draft(task.draft_findings):
        return []
    return [words for *_field, words in check_fields.fields(judging.plan_of(task), check)]


def _is_in_front_of(task: Task, request: HttpRequest) -> bool:
    return task.status == Status.ASSIGNED and task.assignee_id == request.user.pk
