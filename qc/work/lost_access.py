"""What people hold and may not work on any more goes back: after a queue or a role is taken away.

Only what is lost by a change counts: a manager may have assigned a task of a queue that its holder
never served. The person is locked before the tasks; who calls it offers the tasks afterwards.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.models import Queue, Task, User
from qc.work import actions, faults, presence

BACKEND = "django.contrib.auth.backends.ModelBackend"


class Access(NamedTuple):
    """Whether a person may work, and the ids of the queues that they serve."""

    may_work: bool
    queues: frozenset[int]


def access_of(person_id: int) -> Access:
    """Return what a person may do, as it is stored now."""
    person = User.objects.get(pk=person_id)  # whose permissions are not cached
    served = Queue.objects.served_by(person).order_by().values_list("pk", flat=True)
    return Access(permissions.may_work(person), frozenset(served))


@retrying
@for_the_record()
def return_lost(person_id: int, before: Access, *, by: User | None) -> list[Task]:
    """Return what a person holds and has lost since `before`, without blame.

    Whoever may not work any more keeps nothing, and is signed out.
    """
    now = access_of(person_id)
    if before.may_work and not now.may_work:
        return _return_all(person_id, by=by, reason=_("role taken away"))
    lost = before.queues - now.queues
    return _return_some(person_id, lost, by=by) if lost else []


def holders_of(queue_id: int) -> set[int]:
    """Return the ids of the people who serve a queue and hold a task of it, or have one in line."""
    held = Task.objects.held().filter(queue=queue_id).order_by().values("assignee")
    lined = Task.objects.filter(queue=queue_id, next_for__isnull=False).values("next_for")
    serving = User.objects.serving([queue_id]).filter(Q(pk__in=held) | Q(pk__in=lined))
    return set(serving.values_list("pk", flat=True))


@retrying
@for_the_record()
def return_from_queue(queue_id: int, before: set[int], *, by: User | None) -> dict[int, list[Task]]:
    """Return the tasks of a queue that people hold who served it before and do not any more.

    The result has these people's ids, and what each of them held.
    """
    lost = sorted(before - holders_of(queue_id))
    return {person: _return_some(person, [queue_id], by=by) for person in lost}


def return_barred() -> int:
    """Sign out people who may not work any more, and return what they hold; return how many.

    Pages do it at once; this is for what was changed on the console.
    """
    allowed = User.objects.with_perm("qc.work_task", backend=BACKEND).filter(pk=OuterRef("pk"))
    held = Task.objects.held().filter(assignee=OuterRef("pk")).order_by()
    there = User.objects.filter(Q(is_logged_in=True) | Exists(held))
    barred = there.filter(~Exists(allowed)).values_list("pk", flat=True)
    return faults.each(_return_if_barred, list(barred), faults.named(User))


@retrying
@for_the_record()
def _return_if_barred(person_id: int) -> bool:
    if access_of(person_id).may_work:
        return False
    reason = _("role taken away")
    returned = _return_all(person_id, by=None, reason=reason)
    actions.hand_out_from({task.queue_id for task in returned})
    return True


def _return_some(person_id: int, queues: Collection[int], *, by: User | None) -> list[Task]:
    reason = _("no longer on this queue")
    returned = presence.return_tasks(person_id, by=by, reason=reason, queues=queues)
    if returned:
        presence.became_free(person_id)
    return returned


def _return_all(person_id: int, *, by: User | None, reason: str) -> list[Task]:
    if User.objects.locked(person_id).get().is_logged_in:
        return presence.sign_out(person_id, by=by, reason=reason)
    return presence.return_tasks(person_id, by=by, reason=reason)
