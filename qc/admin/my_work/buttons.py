"""What the buttons of *My work* do: each returns the message to show, "" for none.

They raise the QCErrors of the domain.
"""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qc.admin.my_work import unsaved
from qc.admin.my_work.state import MyWorkState
from qc.admin.shared.params import is_id
from qc.core.exceptions import InvalidInput
from qc.models import Outcome, Queue, User
from qc.work import actions, hand_back_reasons

SOMETHING_ELSE = "-"


def start(request: HttpRequest, task: int) -> str:
    """Start the task."""
    return _("%s is started.") % actions.start(task, by=me(request)).reference


def complete(request: HttpRequest, task: int) -> str:
    """Complete the task as passed or failed. Raise InvalidInput if it failed without notes."""
    outcome, notes = request.POST.get("outcome", ""), unsaved.notes(request)
    if outcome == Outcome.FAILED and not notes.strip():
        raise InvalidInput("notes", _("Please write in the notes what failed."))
    _done, following = actions.complete(
        task, by=me(request), outcome=outcome, notes=notes, version=version(request)
    )
    # The panel itself says what was completed, beside the button Undo.
    if following or MyWorkState(me(request)).has_tasks:
        return ""
    return _("No more tasks are waiting for you.")


def undo(request: HttpRequest, task: int) -> str:
    """Bring the task back that was just completed."""
    return _("%s is yours again, as it was.") % actions.undo(task, by=me(request)).reference


def correct(request: HttpRequest, task: int) -> str:
    """Change outcome and notes of a task that the person has completed."""
    outcome, notes = request.POST.get("outcome", ""), unsaved.notes(request)
    if outcome == Outcome.FAILED and not notes.strip():
        raise InvalidInput("notes", _("Please write in the notes what failed."))
    reason = request.POST.get("reason", "")
    corrected = actions.correct(task, by=me(request), outcome=outcome, notes=notes, reason=reason)
    return _("%(task)s is corrected: %(outcome)s.") % {
        "task": corrected.reference,
        "outcome": corrected.get_outcome_display(),
    }


def send_notes(request: HttpRequest, task: int) -> str:
    """Send notes along with a task that is no longer the person's."""
    sent = actions.send_notes(task, unsaved.notes(request), by=me(request))
    return _("Your notes were sent along with %s.") % sent.reference


def release(request: HttpRequest, task: int) -> str:
    """Give the task back to the queue, for a reason of the queue's list or in other words."""
    released = actions.release(task, by=me(request), reason=_reason(request, task))
    return _("%s is back in the queue.") % released.reference


def claim(request: HttpRequest, task: int) -> str:
    """Claim a waiting task."""
    return _("%s is assigned to you.") % actions.claim(task, by=me(request)).reference


def scan(request: HttpRequest) -> int:
    """Open the task of the scanned reference, and return its id; adds messages itself."""
    task, returned = actions.scan(request.POST.get("reference", ""), by=me(request))
    messages.success(request, _("%s is started.") % task.reference)
    for one in returned:
        messages.info(request, _("%s is back in the queue.") % one.reference)
    return task.pk


def _reason(request: HttpRequest, task: int) -> str:
    """Return the chosen reason, with the person's own words behind it; or these alone."""
    chosen, own_words = (request.POST.get(name, "") for name in ("chosen", "reason"))
    queue = Queue.objects.filter(tasks=task).first() or Queue()
    return hand_back_reasons.joined(queue, "" if chosen == SOMETHING_ELSE else chosen, own_words)


def version(request: HttpRequest) -> int | None:
    """Return the version of the draft that the notes of a request are based on."""
    sent = request.POST.get("version", "")
    return int(sent) if is_id(sent) else None


def me(request: HttpRequest) -> User:
    """Return the user of a request, who has signed in."""
    return request.user  # type: ignore[return-value]


ACTIONS: dict[str, Callable[[HttpRequest, int], str]] = {
    action.__name__: action
    for action in (start, complete, undo, correct, send_notes, release, claim)
}
