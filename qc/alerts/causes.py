"""What alerts are about, as it holds now.

The statements are the same in number for any number of alerts, but one more for each different
time of silence. Of a queue no more is read than *Floor* reads, or than the number of late tasks
that an alert asks for.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.core.wording import short_duration
from qc.models import Alert, Cause, Priority, Queue, Roster, Status, Task
from qc.work import backlog
from qc.work.backlog import QueueBacklog
from qc.work.explanations import MOST_COUNTED

# The most silent tasks that are read for one time of silence.
MOST_SILENT = 200


class Key(NamedTuple):
    """A cause: of a queue, or of one of its tasks."""

    queue: int
    cause: str
    task: int = 0


@dataclass
class QueueState:
    """A queue now: `late` are its tasks past due, waiting or in work."""

    queue: Queue
    backlog: QueueBacklog
    late: int
    waiting_for: timedelta
    people: int


class Situation:
    """What holds now in the queues that some alerts watch. Read when it is asked for."""

    def __init__(self, alerts: Collection[Alert], now: datetime) -> None:
        self.alerts, self.now = alerts, now

    def causes(self, alert: Alert) -> dict[Key, str]:
        """Return what holds of an alert's causes, each in words."""
        found = dict(self._of_tasks(alert))
        for state in self.queues.values() if _asks_for_queues(alert) else ():
            if alert.watches(state.queue.pk):
                found |= dict(_of_queue(alert, state))
        return found

    @cached_property
    def queues(self) -> dict[int, QueueState]:
        """The open queues that alerts watch, each as it is now."""
        queues = self._watched()
        most = max(MOST_COUNTED, self._most_late * len(Priority))
        backlogs = backlog.measure(queues, most, self.now)
        late, waiting, people = self._late_in_work(), self._waiting(backlogs), _people_there(queues)
        return {
            pk: QueueState(
                queue=queue,
                backlog=backlogs[pk],
                late=backlogs[pk].late + late.get(pk, 0),
                waiting_for=waiting.get(backlogs[pk].oldest or 0, timedelta(0)),
                people=people[pk],
            )
            for pk, queue in queues.items()
        }

    def _watched(self) -> dict[int, Queue]:
        watched = {alert.queue_id for alert in self.alerts}
        queues = Queue.objects.open()
        if None not in watched:
            queues = queues.filter(pk__in=[pk for pk in watched if pk])
        return {queue.pk: queue for queue in queues}

    @property
    def _most_late(self) -> int:
        return max((alert.late_more_than or 0 for alert in self.alerts), default=0) + 1

    def _late_in_work(self) -> dict[int, int]:
        late = Task.objects.filter(status=Status.ASSIGNED, due_at__lt=self.now)
        return dict(late.values_list("queue").annotate(n=Count("pk")).order_by())

    def _waiting(self, backlogs: Mapping[int, QueueBacklog]) -> dict[int, timedelta]:
        """Return for the oldest waiting task of each queue how long it has waited."""
        oldest = [one.oldest for one in backlogs.values() if one.oldest]
        arrived = Task.objects.filter(pk__in=oldest).values_list("pk", "created_at")
        return {pk: self.now - moment for pk, moment in arrived}

    def _of_tasks(self, alert: Alert) -> Iterator[tuple[Key, str]]:
        after = alert.silent_longer_than
        for task in self._silent(after) if after else ():
            if alert.watches(task.queue_id):
                silence = short_duration(self.now - task.seen)  # type: ignore[attr-defined]
                values = {"task": task.reference, "person": task.assignee, "time": silence}
                text = _("%(task)s of %(person)s: no sign of life for %(time)s") % values
                yield Key(task.queue_id, Cause.SILENT, task.pk), text

    def _silent(self, after: timedelta) -> list[Task]:
        if after not in self._silent_tasks:
            moment = self.now - after
            seen = Coalesce("assignee__last_seen_at", "started_at")
            silent = Task.objects.filter(
                Q(assignee__last_seen_at__lt=moment) | Q(assignee__last_seen_at__isnull=True),
                status=Status.ASSIGNED,
                started_at__lt=moment,
            )
            tasks = silent.select_related("assignee").only(
                *("reference", "queue", "assignee__username", "assignee__is_machine")
            )
            self._silent_tasks[after] = list(tasks.annotate(seen=seen).order_by("pk")[:MOST_SILENT])
        return self._silent_tasks[after]

    @cached_property
    def _silent_tasks(self) -> dict[timedelta, list[Task]]:
        return {}


def _asks_for_queues(alert: Alert) -> bool:
    numbers = (alert.late_more_than, alert.waiting_longer_than)
    return alert.nobody_there or any(one is not None for one in numbers)


def _people_there(queues: Mapping[int, Queue]) -> Counter[int]:
    """Count for each queue the people who are signed in and serve it."""
    roster = Roster(user__is_logged_in=True, user__is_active=True)
    serving = roster.serving(list(queues.values()))
    return Counter(queue for served in serving.values() for queue in served)


def _of_queue(alert: Alert, state: QueueState) -> Iterator[tuple[Key, str]]:
    pk, waiting = state.queue.pk, state.backlog.waiting
    if alert.late_more_than is not None and state.late > alert.late_more_than:
        yield Key(pk, Cause.LATE), _late(state)
    after = alert.waiting_longer_than
    if after is not None and waiting and state.waiting_for > after:
        text = _("the oldest task has waited for %(time)s")
        yield Key(pk, Cause.WAITING), text % {"time": short_duration(state.waiting_for)}
    runs = not state.queue.is_paused
    if alert.nobody_there and waiting and runs and not state.people:
        text = ngettext(
            "nobody is there, and %(n)d task waits",
            "nobody is there, and %(n)d tasks wait",
            waiting,
        )
        yield Key(pk, Cause.NOBODY), text % {"n": waiting}


def _late(state: QueueState) -> str:
    if state.backlog.is_more_late:
        return _("more than %(n)d tasks are late") % {"n": state.late - 1}
    text = ngettext("%(n)d task is late", "%(n)d tasks are late", state.late)
    return text % {"n": state.late}
