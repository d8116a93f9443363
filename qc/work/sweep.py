"""The sweep: finds what events missed. One function for one item, and a loop around each.

Each loop gives how many items it changed. Sweeps may overlap: whatever another one has locked
or done meanwhile is left alone.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.core.context import Channel, acting
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import ChangeKind, Priority, Queue, Task, User
from qc.work import lifecycle, presence
from qc.work.matching import match

logger = logging.getLogger(__name__)

# One sweep raises at most so many tasks; the next one goes on.
RAISED_AT_ONCE = 500


def sweep() -> dict[str, int]:
    """Run all sweeps; return what each changed.

    1. People not seen for QC_UNSEEN_MINUTES are signed out and their tasks returned.
    2. Tasks not started within QC_START_MINUTES are returned, and their person put on break.
    3. Waiting tasks past due are raised one priority.
    4. Whoever is free gets the most urgent task they may do.
    """
    with acting(Channel.SWEEP):
        counts = {
            "signed out": sign_out_unseen(),
            "returned": return_not_started(),
            "raised": raise_overdue(),
            "assigned": match(),
        }
    if any(counts.values()):
        logger.info("sweep: %s", ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    return counts


def sign_out_unseen() -> int:
    """Sign out everybody who has not been seen lately."""
    since = timezone.now() - timedelta(minutes=settings.QC_UNSEEN_MINUTES)
    people = list(User.objects.unseen_since(since).values_list("pk", flat=True))
    return sum(sign_out_if_unseen(person, since) for person in people)


@retrying
def sign_out_if_unseen(person_id: int, since: datetime) -> bool:
    """Sign out one person, unless they were seen meanwhile."""
    if not User.objects.locked(person_id).unseen_since(since).exists():
        return False
    reason = _("not seen for %d minutes") % settings.QC_UNSEEN_MINUTES
    presence.sign_out(person_id, by=None, reason=reason)
    return True


def return_not_started() -> int:
    """Return every task that its person has not started in time."""
    before = timezone.now() - timedelta(minutes=settings.QC_START_MINUTES)
    tasks = list(Task.objects.not_started_since(before).values_list("pk", flat=True))
    return sum(return_if_not_started(task, before) for task in tasks)


@retrying
def return_if_not_started(task_id: int, before: datetime) -> bool:
    """Return one task and put its person on break, unless they started it meanwhile."""
    task = lifecycle.lock(task_id)
    if not Task.objects.not_started_since(before).filter(pk=task_id).exists():
        return False
    if task.assignee_id is not None:
        # First the break: what left their hands since then is what they are told of.
        presence.take_break(task.assignee_id, by=None, reason=presence.NOT_RESPONDING)
    reason = _("not started within %d minutes") % settings.QC_START_MINUTES
    lifecycle.take_back(task, by=None, reason=reason)
    return True


@retrying
def raise_overdue() -> int:
    """Raise waiting tasks past due by one priority, once in each target period of their queue."""
    now = timezone.now()
    overdue = Task.objects.overdue_to_raise(now).select_for_update(skip_locked=True)
    tasks = list(overdue.order_by("raise_at")[:RAISED_AT_ONCE])
    targets = dict(Queue.objects.values_list("pk", "target"))
    for task in tasks:
        task.priority -= 1
        task.raise_at = now + targets[task.queue_id] if task.priority > Priority.P1 else None
    Task.objects.bulk_update(tasks, ["priority", "raise_at"])
    reasons = [_("past due since %s") % clock(task.due_at) for task in tasks]
    history.record_many(tasks, kind=ChangeKind.RAISED, by=None, reasons=reasons)
    return len(tasks)
