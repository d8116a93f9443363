"""Who is on which queue: many changes at once, with one row of history for each queue.

A change says what it wants of one person and one queue. So two managers who edit at the same time
never overwrite what the other has changed.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.exceptions import InvalidInput
from qc.core.transactions import retrying
from qc.models import Queue, Task, User
from qc.work import lost_access


class Membership(NamedTuple):
    """A person on a queue, by their ids."""

    person: int
    queue: int


class Changed(NamedTuple):
    """What a change did: who is on a queue now and who is not any more, and what went back."""

    added: set[Membership]
    removed: set[Membership]
    returned: list[Task]


@retrying
def change(
    *, add: Collection[Membership], remove: Collection[Membership], by: User, reason: str = ""
) -> Changed:
    """Put people on queues and take others off; what is so already is left alone.

    Tasks that people hold of a queue that they lose go back to it; the caller offers them.
    Raises NotAllowed, and InvalidInput where a person or a queue is not there any more.
    """
    permissions.check_manager(by)
    people = {one.person for one in (*add, *remove)}
    _check_people(people, User.objects.locked(*people))
    ids = {one.queue for one in (*add, *remove)}
    queues = _locked(ids)
    _check_queues(ids, queues)
    leaving = {one.person for one in remove}
    before = {person: lost_access.access_of(person) for person in sorted(leaving)}
    added, removed = _write(queues, add, remove, by=by, reason=reason)
    returned = [
        task
        for person, access in before.items()
        for task in lost_access.return_lost(person, access, by=by)
    ]
    return Changed(added, removed, returned)


def write(
    *,
    add: Collection[Membership],
    remove: Collection[Membership],
    by: User | None,
    reason: str = "",
) -> tuple[set[Membership], set[Membership]]:
    """Write who is on which queue, with the history of these queues; return what was changed.

    The people are locked already.
    """
    queues = _locked({one.queue for one in (*add, *remove)})
    return _write(queues, add, remove, by=by, reason=reason)


def _write(
    queues: Collection[Queue],
    add: Collection[Membership],
    remove: Collection[Membership],
    *,
    by: User | None,
    reason: str,
) -> tuple[set[Membership], set[Membership]]:
    """Write what differs from who is on these locked queues now."""
    stored = _stored([queue.pk for queue in queues])
    added, removed = set(add) - stored, set(remove) & stored
    through = Queue.people.through
    through.objects.bulk_create(
        through(user_id=one.person, queue_id=one.queue) for one in sorted(added)
    )
    for queue in queues:
        gone = [one.person for one in removed if one.queue == queue.pk]
        through.objects.filter(queue=queue, user__in=gone).delete()
    touched = {one.queue for one in added | removed}
    changed = [queue for queue in queues if queue.pk in touched]
    # The rows' sets of people say who was added or removed.
    history.record_many(changed, kind="", by=by, reasons=[reason] * len(changed))
    return added, removed


def _locked(ids: Collection[int]) -> list[Queue]:
    return list(Queue.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _stored(queues: Collection[int]) -> set[Membership]:
    rows = Queue.people.through.objects.filter(queue__in=queues)
    return {Membership(*row) for row in rows.values_list("user_id", "queue_id")}


def _check_people(ids: Collection[int], people: Iterable[User]) -> None:
    found = {person.pk: person for person in people}
    if ids - found.keys():
        raise InvalidInput("person", _("A person is not there any more. Nothing was changed."))
    for person in found.values():
        if not person.is_active:
            text = _("%(person)s was deactivated meanwhile. Nothing was changed.")
            raise InvalidInput("person", text % {"person": person})


def _check_queues(ids: Collection[int], queues: Iterable[Queue]) -> None:
    found = {queue.pk: queue for queue in queues}
    if ids - found.keys():
        raise InvalidInput("queue", _("A queue is not there any more. Nothing was changed."))
    for queue in found.values():
        if queue.is_closed:
            text = _("%(queue)s was closed meanwhile. Nothing was changed.")
            raise InvalidInput("queue", text % {"queue": queue})
