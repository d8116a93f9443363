"""What the buttons of *My work* do: each returns the message to show, "" for none.

They raise the QCErrors of the domain.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qc.admin.my_work.check_form import CheckForm
from qc.admin.my_work.state import MyWorkState
from qc.admin.shared import check_fields
from qc.checks.check_input import CheckInput
from qc.core.exceptions import InvalidInput
from qc.models import Outcome, Queue, Task
from qc.web.users import user_of
from qc.work import actions, comments, hand_back_reasons

SOMETHING_ELSE = "-"


def start(request: HttpRequest, task: int) -> str:
    """Start the task."""
    return _("%s is started.") % actions.start(task, by=user_of(request)).reference


def complete(request: HttpRequest, task: int) -> str:
    """Complete the task with its check. Raise InvalidInput if nothing says what failed."""
    outcome, notes = request.POST.get("outcome", ""), check_fields.notes(request)
    check = check_fields.read(request)
    _check_says_why(task, outcome, notes, check)
    _done, following = actions.complete(
        task,
        by=user_of(request),
        outcome=outcome,
        notes=notes,
        check=check,
        version=check_fields.draft_version(request),
        plan=check_fields.plan_id(request),
    )
    # The panel itself says what was completed, beside the button Undo.
    if following or MyWorkState(user_of(request)).has_tasks:
        return ""
    return _("No more tasks are waiting for you.")


def undo(request: HttpRequest, task: int) -> str:
    """Bring the task back that was just completed."""
    return _("%s is yours again, as it was.") % actions.undo(task, by=user_of(request)).reference


def rework(request: HttpRequest, task: int) -> str:
    """Have a task reworked that the person has completed as failed."""
    instructions = request.POST.get("instructions", "").replace("\r\n", "\n")
    made = actions.make_rework(task, by=user_of(request), instructions=instructions)
    return _("%(rework)s is made, in %(queue)s.") % {"rework": made.reference, "queue": made.queue}


def correct(request: HttpRequest, task: int) -> str:
    """Change outcome, notes and check of a task that the person has completed."""
    outcome, notes = request.POST.get("outcome", ""), check_fields.notes(request)
    check = check_fields.read(request)
    _check_says_why(task, outcome, notes, check)
    reason = request.POST.get("reason", "")
    corrected = actions.correct(
        task, by=user_of(request), outcome=outcome, notes=notes, reason=reason, check=check
    )
    return _("%(task)s is corrected: %(outcome)s.") % {
        "task": corrected.reference,
        "outcome": corrected.get_outcome_display(),
    }


def send_notes(request: HttpRequest, task: int) -> str:
    """Send notes along with a task that is no longer the person's."""
    sent = actions.send_notes(task, check_fields.notes(request), by=user_of(request))
    return _("Your notes were sent along with %s.") % sent.reference


def release(request: HttpRequest, task: int) -> str:
    """Give the task back to the queue, for a reason of the queue's list or in other words."""
    released = actions.release(task, by=user_of(request), reason=_reason(request, task))
    return _("%s is back in the queue.") % released.reference


def comment(request: HttpRequest, task: int) -> str:
    """Comment on the task."""
    comments.add(task, request.POST.get("comment", ""), by=user_of(request))
    return ""


def claim(request: HttpRequest, task: int) -> str:
    """Claim a waiting task."""
    return _("%s is assigned to you.") % actions.claim(task, by=user_of(request)).reference


def scan(request: HttpRequest) -> int:
    """Open the task of the scanned reference, and return its id; adds messages itself."""
    task, returned = actions.scan(request.POST.get("reference", ""), by=user_of(request))
    messages.success(request, _("%s is started.") % task.reference)
    for one in returned:
        messages.info(request, _("%s is back in the queue.") % one.reference)
    return task.pk


def _reason(request: HttpRequest, task: int) -> str:
    """Return the chosen reason, with the person's own words behind it; or these alone."""
    chosen, own_words = (request.POST.get(name, "") for name in ("chosen", "reason"))
    queue = Queue.objects.filter(tasks=task).first() or Queue()
    return hand_back_reasons.joined(queue, "" if chosen == SOMETHING_ELSE else chosen, own_words)


def _check_says_why(task_id: int, outcome: str, notes: str, check: CheckInput | None) -> None:
    """Raise InvalidInput for a failed check without notes, unless answers or defects say why."""
    if outcome != Outcome.FAILED or notes.strip():
        return
    task = Task.objects.filter(pk=task_id).select_related("queue").first()
    if not (check and task and CheckForm(task, check).says_why):
        raise InvalidInput("notes", _("Please write in the notes what failed."))


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {
    action.__name__: action
    for action in (start, complete, undo, rework, correct, send_notes, release, claim, comment)
}
