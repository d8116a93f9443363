"""Why a waiting task waits, and why a free person gets nothing: by the rules that assign.

Both ask the very reads of `qc.assignment` and `qc.querysets`, so that they can't disagree with
what the next hand-out does. They count, so they are for one task or person at a time.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.assignment import most_urgent
from qc.models import Queue, Status, Task, User
from qc.querysets import QueueQuerySet


def of_task(task: Task) -> str:
    """Says in one sentence why this task is where it is."""
    if task.status == Status.ASSIGNED:
        return _("%s has it.") % task.assignee
    if task.status != Status.PENDING:
        return _("It is %s.") % task.get_status_display()
    if task.queue.is_paused:
        return _("%s is paused.") % task.queue
    serving = User.objects.serving(task.queue)
    free = list(User.objects.free().filter(pk__in=serving.values("pk")))
    if not free:
        return _nobody_free(task.queue, serving.count(), serving.there().count())
    if takers := [person for person in free if person.pk != task.released_by_id]:
        return _("It waits for the next hand-out; free: %s.") % ", ".join(map(str, takers))
    return _("Only %s is free, who gave it back; they may claim it.") % task.released_by


def of_person(person: User) -> str:
    """Says in one sentence why this person has what they have, or has nothing."""
    if not person.is_logged_in:
        return _("%s is not logged in.") % person
    if person.break_reason:
        return _("On break: %s.") % person.break_reason
    held = Task.objects.held_by(person).count()
    if held >= person.capacity:
        return ngettext("Holds one task.", "Holds %(n)d tasks.", held) % {"n": held}
    serving = Queue.objects.serving(person)
    if not serving.exists():
        return _no_queue(person)
    if task := most_urgent(person):
        return _("Gets %s at the next hand-out.") % task.reference
    return _nothing_waits(person, serving)


def _nobody_free(queue: Queue, serving: int, there: int) -> str:
    if not serving:
        return _("Nobody is on %s.") % queue
    return _("Nobody on %(queue)s is free: %(there)d of %(all)d are logged in.") % {
        "queue": queue,
        "there": there,
        "all": serving,
    }


def _no_queue(person: User) -> str:
    paused = Queue.objects.of(person).filter(is_paused=True)
    if names := ", ".join(map(str, paused)):
        return _("Paused: %s.") % names
    return _("%s is on no queue.") % person


def _nothing_waits(person: User, serving: QueueQuerySet) -> str:
    mine = Task.objects.waiting().filter(queue__in=serving, released_by=person).count()
    if mine:
        return _("All that waits was given back by %s; they may claim it.") % person
    elsewhere = Queue.objects.exclude(pk__in=serving.values("pk")).with_waiting()
    waiting = [
        _("%(n)d waiting in %(queue)s, which is not theirs") % {"n": queue.waiting, "queue": queue}
        for queue in elsewhere
    ]
    in_work = Task.objects.open().filter(queue__in=serving).count()
    parts = [_("%d in work with colleagues") % in_work, *waiting]
    return _("Nothing waits for them: %s.") % ", ".join(parts)
