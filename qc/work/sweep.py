"""The sweep: does what events missed, item by item.

Sweeps may overlap: whatever another one has locked or done meanwhile is left alone.
"""

import functools
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.core.clock import Clock
from qc.core.context import Channel, acting
from qc.core.transactions import retrying
from qc.core.wording import clock, short_duration
from qc.models import NOT_RESPONDING, ChangeKind, Queue, Task, User, next_raise_at
from qc.models.people import NOT_OWN_BREAKS
from qc.work import faults, guards, lifecycle, line, lost_access, presence, queue_changes
from qc.work.matching import match

logger = logging.getLogger(__name__)

CLOCK = Clock()
# Longer than queues allow silence: until then a clock that was set counts for all of them.
DAY = timedelta(days=1)
# People signed out in one transaction: few enough that others do not wait long for them.
SIGNED_OUT_AT_ONCE = 200
# The most tasks that one sweep raises; the next sweep continues.
RAISED_AT_ONCE = 500


def sweep() -> dict[str, int]:
    """Do all steps; return how many items each changed. One that fails stops no other.

    1. People not seen for QC_UNSEEN_MINUTES, or QC_BREAK_MINUTES on a break, are signed out. What
       they have started stays theirs, the rest is returned.
    2. Tasks not shown to their holder within QC_START_MINUTES are returned, and their person put
       on break.
    3. Started tasks whose person was not seen for as long as their queue allows are returned, and
       what is in the line of somebody who does not get it any more.
    4. People who may not work any more are signed out, and what they held is returned; what is left
       in merged queues is moved.
    5. Waiting tasks past due are raised one priority.
    6. Whoever is free gets the most urgent task they may do.
    """
    with acting(Channel.SWEEP):
        # Steps read no more of a queue than they need: one that can't be read is named here.
        faults.readable(Queue.objects.all())
        counts = {
            what: sum(faults.step(one) for one in steps)
            for what, steps in (
                ("signed out", (sign_out_unseen, lost_access.return_barred)),
                ("returned", (return_not_started, return_silent, line.end_strays)),
                ("moved", (queue_changes.move_leftovers,)),
                ("raised", (raise_overdue,)),
                ("assigned", (match,)),
            )
        }
    if any(counts.values()):
        logger.info("sweep: %s", ", ".join(f"{n} {what}" for what, n in counts.items() if n))
    return counts


def sign_out_unseen() -> int:
    """Sign out everybody not seen for as long as is allowed; return how many."""
    now = CLOCK.look()
    unseen = User.objects.unseen_since(*_limits(now))
    ids = faults.ids_of(unseen, User.objects.signed_in())

    @functools.wraps(sign_out_if_unseen)
    def run(some: Sequence[int]) -> int:
        return sign_out_if_unseen(some, now)

    batches = (ids[i : i + SIGNED_OUT_AT_ONCE] for i in range(0, len(ids), SIGNED_OUT_AT_ONCE))
    return sum(faults.batch(run, some, faults.named(User)) for some in batches)


@retrying
def sign_out_if_unseen(ids: Sequence[int], now: datetime) -> int:
    """Sign out those of these people who were not seen meanwhile and whom nobody has locked."""
    unseen = User.objects.filter(pk__in=ids).unseen_since(*_limits(now)).order_by("pk")
    people = list(unseen.select_for_update(skip_locked=True))
    reasons = {person.pk: _absence_of(person) for person in people}
    unstarted = _not_in_hand(people)
    for person in people:
        vars(person).update(presence.AWAY)
    User.objects.filter(pk__in=reasons).update(**presence.AWAY)
    why = list(reasons.values())
    history.record_many(people, kind=ChangeKind.SIGNED_OUT, by=None, reasons=why)
    why = [reasons[task.assignee_id or 0] for task in unstarted]
    lifecycle.take_back_many(unstarted, reasons=why)
    line.end([person.pk for person in people], by=None, reason=_("signed out"))
    return len(people)


def _absence_of(person: User) -> str:
    """Return the reason for which an unseen person is signed out."""
    is_on_break = person.break_reason not in NOT_OWN_BREAKS
    minutes = settings.QC_BREAK_MINUTES if is_on_break else settings.QC_UNSEEN_MINUTES
    return _("not seen for %g minutes") % minutes


def _not_in_hand(people: Sequence[User]) -> list[Task]:
    """Lock what these locked people hold; return what they have not started."""
    held = Task.objects.held().filter(assignee__in=people).order_by("pk").select_for_update()
    return [task for task in held.prefetch_related("queue") if not task.is_in_hand]


def return_not_started() -> int:
    """Take back every task that was not shown to its holder in time; return how many."""
    before = CLOCK.ago(CLOCK.look(), timedelta(minutes=settings.QC_START_MINUTES))
    late = Task.objects.not_started_since(before)
    return _for_each(late, Task.objects.held(), return_if_not_started, before)


@retrying
def return_if_not_started(task_id: int, before: datetime) -> bool:
    """Take back one task and put its holder on break, unless they saw it meanwhile."""
    task = guards.lock(task_id)
    if not Task.objects.not_started_since(before).filter(pk=task_id).exists():
        return False
    _send_on_break(task)
    reason = _("not started within %g minutes") % settings.QC_START_MINUTES
    lifecycle.take_back(task, by=None, reason=reason)
    return True


def return_silent() -> int:
    """Take back every started task whose person is silent; return how many."""
    now = CLOCK.ago(CLOCK.look(), DAY) + DAY
    return _for_each(Task.objects.silent(now), Task.objects.held(), return_if_silent, now)


@retrying
def return_if_silent(task_id: int, now: datetime) -> bool:
    """Take back one started task, with its draft, unless its person was seen meanwhile."""
    task = guards.lock(task_id)
    if not Task.objects.silent(now).filter(pk=task_id).exists():
        return False
    if task.assignee is not None and task.assignee.takes_work:
        _send_on_break(task)
    reason = _("no sign of its person for %s") % short_duration(task.queue.silent_after)
    lifecycle.take_back(task, by=None, reason=reason)
    return True


def raise_overdue() -> int:
    """Raise waiting tasks past due by one priority; return how many.

    Each is raised once in each target period of its queue.
    """
    overdue = Task.objects.overdue_to_raise(timezone.now()).order_by("raise_at")
    ids = list(overdue.values_list("pk", flat=True)[:RAISED_AT_ONCE])
    return faults.batch(raise_tasks, ids, faults.named(Task))


@retrying
def raise_tasks(ids: Sequence[int]) -> int:
    """Raise those of these tasks that are still overdue and that nobody has locked."""
    now = timezone.now()
    overdue = Task.objects.overdue_to_raise(now).filter(pk__in=ids)
    tasks = list(overdue.order_by("pk").select_for_update(skip_locked=True))
    queues = Queue.objects.filter(pk__in={task.queue_id for task in tasks})
    targets = dict(queues.values_list("pk", "target"))
    for task in tasks:
        task.priority -= 1
        task.raised += 1
        task.raise_at = next_raise_at(task.priority, now + targets[task.queue_id])
    Task.objects.bulk_update(tasks, ["priority", "raised", "raise_at"])
    reasons = [_("past due since %s") % clock(task.due_at) for task in tasks]
    history.record_many(tasks, kind=ChangeKind.RAISED, by=None, reasons=reasons)
    return len(tasks)


def _limits(now: datetime) -> tuple[datetime, datetime]:
    """Return since when people must have been seen: at work, and on a break that they took."""
    return (
        CLOCK.ago(now, timedelta(minutes=settings.QC_UNSEEN_MINUTES)),
        CLOCK.ago(now, timedelta(minutes=settings.QC_BREAK_MINUTES)),
    )


def _send_on_break(task: Task) -> None:
    # The break comes before the return: My work lists the tasks lost since the break began.
    if task.assignee_id is not None:
        presence.take_break(task.assignee_id, by=None, reason=NOT_RESPONDING)


def _for_each(
    items: QuerySet[Any, Any],
    among: QuerySet[Any, Any],
    change: Callable[[int, datetime], bool],
    moment: datetime,
) -> int:
    ids = faults.ids_of(items, among)

    @functools.wraps(change)
    def run(pk: int) -> bool:
        return change(pk, moment)

    return faults.each(run, ids, faults.named(items.model))
