"""What a scan of a label does, or a reference that somebody typed."""

from django.utils import timezone
from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import Status, Task, User
from qc.work import assignment, guards, lifecycle


@retrying
def scan(reference: str, *, by: User) -> tuple[Task, list[Task]]:
    """Start the task with this reference; claim it first where it waits in a queue of theirs.

    Where the person has no free slot for it, a task of theirs without notes goes back to its queue.
    Return the task, and what went back. Raises NotFound for an unknown reference,
    InvalidTransition for a task that somebody else has or that is finished, NotEligible for one in
    another queue and where all their tasks have notes.
    """
    if not reference.strip():
        raise InvalidInput("reference", _("Scan or type a reference."))
    task = Task.objects.filter(reference=reference).select_related("assignee").first()
    if task is None:
        raise NotFound(_("There is no task %s.") % reference.strip())
    _check_open(task, by)
    returned: list[Task] = []
    if task.assignee_id != by.pk:
        task, returned = assignment.claim_in_exchange(task.pk, by=by)
    return lifecycle.start(task.pk, by=by, scanned=reference), returned


@retrying
def scan_at_end(task_id: int, scanned: str, *, by: User) -> None:
    """Start a task whose label is scanned only now, as it is completed: it began when it was shown.

    Nothing changes when the person has completed it already. Raises InvalidInput when the label is
    another task's.
    """
    task = guards.lock(task_id)
    if task.status == Status.COMPLETED and task.assignee_id == by.pk:
        return
    guards.guard(task, "start", by)
    if scanned.strip().upper() != task.reference:
        message = _("The label is that of %(scanned)s, and not of %(task)s.")
        raise InvalidInput("scanned", message % {"scanned": scanned, "task": task.reference})
    if task.started_at is None:
        lifecycle.begin(task, task.shown_at or timezone.now(), by=by, is_scanned=True)


def _check_open(task: Task, by: User) -> None:
    if task.status != Status.COMPLETED:
        return
    if task.assignee_id == by.pk:
        sentence = _("You completed %(task)s at %(at)s: %(outcome)s.")
    else:
        sentence = _("%(person)s completed %(task)s at %(at)s: %(outcome)s.")
    raise InvalidTransition(
        sentence
        % {
            "person": task.assignee,
            "task": task.reference,
            "at": clock(task.completed_at),
            "outcome": task.get_outcome_display(),
        }
    )
