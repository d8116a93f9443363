"""Handover notes: what people of a queue, and managers, leave to the next shift.

A note is never edited. Who has read it says so by name. Both leave an event in the audit trail, the
first one with the text.
"""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.exceptions import InvalidInput, NotAllowed, NotFound
from qc.core.transactions import retrying
from qc.history import events
from qc.models import EventKind, HandoverNote, HandoverReading, Queue, User
from qc.models.handover import LONGEST_NOTE

# The notes on a page.
MOST = 20
# The day of a queue's last note, for a query of queues that is made anyway.
LAST_DAY = Subquery(
    HandoverNote.objects.filter(queue=OuterRef("pk")).order_by("-id").values("day")[:1]
)


def queues_of(user: User) -> QuerySet[Queue]:
    """Return the open queues whose notes this user may read, each with its `last_note`."""
    served = Queue.objects.all() if permissions.is_auditor(user) else Queue.objects.served_by(user)
    return served.open().annotate(last_note=LAST_DAY)


def queue_for(user: User, queue_id: int) -> Queue:
    """Return a queue whose notes this user may read. Raises NotFound."""
    queue = queues_of(user).filter(pk=queue_id).first()
    if queue is None:
        raise NotFound(_("There is no queue %(id)s.") % {"id": queue_id})
    return queue


def may_write(user: User, queue: Queue) -> bool:
    """Return whether this user may write notes of a queue and acknowledge them.

    Managers may, and those who get its tasks.
    """
    if permissions.is_manager(user):
        return True
    return permissions.may_work(user) and Queue.objects.served_by(user).filter(pk=queue.pk).exists()


def notes_of(queue: Queue, before: int | None = None) -> list[HandoverNote]:
    """Return a queue's notes, newest first, each with who wrote and who has read it."""
    notes: Any = HandoverNote.objects.filter(queue=queue).select_related("by")
    older = notes.filter(pk__lt=before) if before else notes
    return list(older.prefetch_related("readings__person").order_by("-pk")[:MOST])


@retrying
def write(queue_id: int, text: str, *, by: User) -> HandoverNote:
    """Leave a note to the next shift of a queue. Raises NotFound, NotAllowed, InvalidInput."""
    queue = _writable(queue_id, by)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("note", _("Please write something."))
    if len(text) > LONGEST_NOTE:
        raise InvalidInput("note", _("A note has at most %(n)d characters.") % {"n": LONGEST_NOTE})
    day, zone = timezone.localdate(), timezone.get_current_timezone_name()
    note = HandoverNote.objects.create(queue=queue, day=day, zone=zone, text=text, by=by)
    _record(EventKind.HANDOVER_WRITTEN, note, by, day=f"{day}", zone=zone, text=text)
    return note


@retrying
def acknowledge(note_id: int, *, by: User) -> HandoverNote:
    """Say that one has read a note; again changes nothing. Raises NotFound, NotAllowed."""
    note = HandoverNote.objects.select_for_update().filter(pk=note_id).first()
    if note is None:
        raise NotFound(_("There is no such note."))
    _writable(note.queue_id, by)
    _reading, is_new = HandoverReading.objects.get_or_create(note=note, person=by)
    if is_new:
        _record(EventKind.HANDOVER_READ, note, by)
    return note


def _writable(queue_id: int, by: User) -> Queue:
    queue = queue_for(by, queue_id)
    if not may_write(by, queue):
        raise NotAllowed(_("Only managers and people of the queue may do this."))
    return queue


def _record(kind: EventKind, note: HandoverNote, by: User, **details: str) -> None:
    values: dict[str, Any] = {"note": note.pk, "queue": note.queue_id, **details}
    events.record(kind, by=by, queue_name=note.queue.name, **values)
