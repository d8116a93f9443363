"""What another program's answer shows to a person is delivered: seen, and the first one started."""

from contextlib import suppress

from django.utils import timezone

from qc.core.exceptions import QCError
from qc.models import Task, User
from qc.work import lifecycle


def deliver(person: User) -> None:
    """Note that a person was just shown the tasks that they hold.

    The most urgent one is started, unless they have started another or its queue demands a scan.
    Nothing is written when nothing is new.
    """
    held = list(Task.objects.held_by(person).select_related("queue"))
    fresh = [task.pk for task in held if task.shown_at is None]
    if fresh:
        shown = Task.objects.filter(pk__in=fresh, assignee=person, shown_at=None)
        shown.update(shown_at=timezone.now())
    if any(task.started_at for task in held):
        return
    first = next((task for task in held if not task.queue.scan_to_start), None)
    if first is not None:
        # It may have been taken away meanwhile.
        with suppress(QCError):
            lifecycle.start(first.pk, by=person)
