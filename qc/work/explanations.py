"""Why a waiting task waits, and why a free person gets nothing.

The answer comes from `qc.work.matching.plan`, which also decides the next hand-out, and from the
same reads, so that the two can't disagree. Nothing is counted beyond `MOST_COUNTED`.
"""

from collections.abc import Collection, Mapping

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.core import wording
from qc.models import HandBack, Purpose, Queue, Status, Task, User
from qc.work import backlog, matching

MOST_COUNTED = 1000
QUEUES_NAMED = 3


def of_task(task: Task) -> str:
    """Return one sentence that says why this task is where it is."""
    if task.status == Status.ASSIGNED:
        return _("It is assigned to %s.") % task.assignee
    if task.status != Status.PENDING:
        return _("It is %s.") % task.get_status_display()
    if task.next_for is not None:
        return _("It is next for %s, who gets it before all others.") % task.next_for
    if task.queue.is_closed or task.queue.is_paused:
        return _stopped(task.queue)
    planned = (pair.person for pair in matching.plan() if pair.task.pk == task.pk)
    if person := next(planned, None):
        return _("%s gets it next.") % person
    return _not_planned(task)


def _stopped(queue: Queue) -> str:
    if queue.is_closed:
        return _("%s is closed. Please move the task to another queue.") % queue
    return _("%s is paused.") % queue


def of_person(person: User, *, to_them: bool = False) -> str:
    """Return one sentence that says why this person has these tasks, or none.

    With `to_them` it addresses them as "you".
    """
    if not person.takes_work:
        return _absence(person)
    held = Task.objects.held_by(person).count()
    if held >= person.capacity:
        return ngettext("Has one task.", "Has %(n)d tasks.", held) % {"n": held}
    serving = {queue.pk for queue in Queue.objects.served_by(person).running()}
    if not serving:
        return _no_queue(person, to_them)
    planned = (pair.task for pair in matching.plan() if pair.person.pk == person.pk)
    if task := next(planned, None):
        return _("Gets %s next.") % task.reference
    waiting = backlog.waiting(Queue.objects.values_list("pk", flat=True), MOST_COUNTED)
    if any(waiting[queue] for queue in serving):
        return _waiting_for_others(person, serving, waiting, to_them)
    return _nothing_waits(person, serving, waiting, to_them)


def _not_planned(task: Task) -> str:
    serving = User.objects.serving([task.queue_id])
    free = list(User.objects.free().serving([task.queue_id]))
    givers = set(HandBack.objects.filter(task=task).values_list("person", flat=True))
    if takers := [person for person in free if person.pk not in givers]:
        return _("The free people get more urgent tasks first: %s.") % ", ".join(map(str, takers))
    everybody = set(serving.values_list("pk", flat=True))
    if everybody and everybody <= givers:
        return _all_had_it(task) % task.queue
    if free:
        return _only_free(task) % ", ".join(map(str, free))
    return _nobody_free(task.queue)


def _all_had_it(task: Task) -> str:
    if task.purpose == Purpose.REINSPECTION:
        return _("Everybody on %s had it in hand before. Please assign it.")
    return _("Everybody on %s has given it back. Please assign it.")


def _only_free(task: Task) -> str:
    if task.purpose == Purpose.REINSPECTION:
        return _("Only %s is free, who had it in hand before. They may claim it.")
    return _("Only %s is free, who gave it back. They may claim it.")


def _absence(person: User) -> str:
    if person.is_logged_in and person.break_reason:
        return _("On break: %s.") % wording.reason(person.break_reason)
    return _("%s is not signed in.") % person


def _nobody_free(queue: Queue) -> str:
    people = User.objects.serving([queue.pk]).aggregate(
        all=Count("pk"),
        gone=Count("pk", filter=Q(is_logged_in=False)),
        breaks=Count("pk", filter=~Q(break_reason="")),
    )
    if not people["all"]:
        return _("Nobody works on %s.") % queue
    busy = people["all"] - people["gone"] - people["breaks"]
    return _(
        "Nobody on %(queue)s is free: %(busy)d busy, %(breaks)d on break, %(gone)d signed out."
    ) % {"queue": queue, "busy": busy, **people}


def _no_queue(person: User, to_them: bool) -> str:
    paused = Queue.objects.served_by(person).open().filter(is_paused=True)
    if names := ", ".join(map(str, paused)):
        return _("Paused: %s.") % names
    if to_them:
        return _("You are not on any queue. Please ask a manager to add you to one.")
    return _("%s is not on any queue.") % person


def _waiting_for_others(
    person: User, serving: Collection[int], waiting: Mapping[int, int], to_them: bool
) -> str:
    own = HandBack.objects.filter(task=OuterRef("pk"), person=person)
    waiting_tasks = Task.objects.waiting().filter(queue__in=serving, released_by__isnull=False)
    given_back = waiting_tasks.filter(Exists(own)).count()
    if given_back >= sum(waiting[queue] for queue in serving):
        if to_them:
            return _("Only tasks that you gave back are left. You may claim them.")
        return _("Only tasks that %s gave back are left. They may claim them.") % person
    return _("The waiting tasks go to people who have been free longer.")


def _nothing_waits(
    person: User, serving: Collection[int], waiting: Mapping[int, int], to_them: bool
) -> str:
    in_work = Task.objects.filter(status=Status.ASSIGNED, queue__in=serving).order_by()
    parts = [_("%s assigned to others") % _many(len(in_work[:MOST_COUNTED].values_list("pk")))]
    fullest = sorted((queue for queue in waiting if waiting[queue]), key=lambda q: -waiting[q])
    named = Queue.objects.in_bulk(fullest[:QUEUES_NAMED])
    for queue in fullest[:QUEUES_NAMED]:
        values = {"n": _many(waiting[queue]), "queue": named[queue], "person": person}
        parts.append(_elsewhere(named[queue], to_them) % values)
    if more := len(fullest[QUEUES_NAMED:]):
        parts.append(ngettext("more in %d other queue", "more in %d other queues", more) % more)
    values = {"whom": _("you") if to_them else person, "what": ", ".join(parts)}
    return _("No tasks are waiting for %(whom)s: %(what)s.") % values


def _elsewhere(queue: Queue, to_them: bool) -> str:
    if queue.is_paused:
        return _("%(n)s waiting in %(queue)s, which is paused")
    if to_them:
        return _("%(n)s waiting in %(queue)s, which you are not on")
    return _("%(n)s waiting in %(queue)s, which %(person)s is not on")


def _many(n: int) -> str:
    return _("%d or more") % n if n >= MOST_COUNTED else str(n)
