"""Who is signed in: signing in and out, breaks, being seen; each change with one history row.

The person is locked before the tasks. `by` is the user who acts, None for a job; NotAllowed is
raised when anybody but a manager acts on another person.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.exceptions import InvalidTransition, NotAllowed, NotFound
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import MOST_CAPACITY, NOT_RESPONDING, ChangeKind, Status, Task, User
from qc.work import guards, lifecycle

PRESENCE = ("is_logged_in", "break_reason", "idle_since", "last_seen_at")
# How often it is written that somebody was seen: more often where they are soon missed.
SEEN_EVERY = timedelta(minutes=min(1, settings.QC_UNSEEN_MINUTES / 4))
# The kinds of change by which a task is taken from a person.
LOSSES = {ChangeKind.RETURNED, ChangeKind.RELEASED, ChangeKind.HELD}


@retrying
def sign_in(person_id: int) -> User:
    """Sign a person in, and end their break if they are on one.

    Whoever may not work, such as an auditor, is only noted in the history: nobody waits for them.
    """
    person = _lock(person_id)
    now = timezone.now()
    person.last_login = person.last_seen_at = now
    if person.takes_work:
        User.objects.filter(pk=person.pk).update(last_login=now, last_seen_at=now)
        return person
    if permissions.may_work(person):
        person.is_logged_in, person.break_reason, person.idle_since = True, "", now
    history.save(person, kind=ChangeKind.SIGNED_IN, by=person, fields=(*PRESENCE, "last_login"))
    return person


@retrying
def sign_out(
    person_id: int, *, by: User | None, reason: str, keeps_started: bool = False
) -> list[Task]:
    """Sign a person out; return the tasks that they held, which wait again.

    With `keeps_started` they keep those that they have in hand. Whoever signs somebody else out
    ends their sessions and tokens too.
    """
    person = _lock(person_id)
    permissions.check_steers(by, person)
    return _sign_out(person, by=by, reason=reason, keeps_started=keeps_started)


@retrying
def take_over(person_id: int, *, by: User, reason: str) -> list[Task]:
    """Sign a person out whose terminal somebody else signs in at; return the tasks they held."""
    return _sign_out(_lock(person_id), by=by, reason=reason)


def _sign_out(
    person: User, *, by: User | None, reason: str, keeps_started: bool = False
) -> list[Task]:
    was_signed_in = person.is_logged_in
    person.is_logged_in, person.break_reason, person.idle_since = False, "", None
    if by is not None and by.pk != person.pk:
        end_access(person.pk)
    if was_signed_in or not permissions.may_work(person):
        history.save(person, kind=ChangeKind.SIGNED_OUT, by=by, reason=reason, fields=PRESENCE)
    held = Task.objects.select_for_update().held_by(person)
    returned = [task for task in held if not (keeps_started and task.is_in_hand)]
    for task in returned:
        lifecycle.take_back(task, by=by, reason=reason)
    return returned


@retrying
def return_tasks(
    person_id: int, *, by: User | None, reason: str, queues: Collection[int] | None = None
) -> list[Task]:
    """Return what a person holds, or what they hold of some queues, without blame."""
    person = _lock(person_id)
    # Beside a hand-out on another node, one of both must see the other.
    guards.write_people([person])
    held = Task.objects.select_for_update().held_by(person)
    returned = list(held if queues is None else held.filter(queue__in=queues))
    for task in returned:
        lifecycle.take_back(task, by=by, reason=reason)
    return returned


def end_access(person_id: int) -> None:
    """End a person's sessions and tokens: those begun before now are no longer valid."""
    User.objects.filter(pk=person_id).update(access_ended_at=timezone.now())


@retrying
def take_break(person_id: int, *, by: User | None, reason: str) -> User:
    """Put a person on break: they keep their tasks and get no new ones.

    Repeating it changes nothing. Raises InvalidInput without a reason, InvalidTransition when they
    are not signed in.
    """
    person = _lock(person_id)
    permissions.check_steers(by, person)
    guards.require_reason(reason)
    if not person.is_logged_in:
        raise InvalidTransition(_("%s is not signed in.") % person)
    shown = reason.strip()[: User._meta.get_field("break_reason").max_length]
    if person.break_reason != shown:
        person.break_reason, person.idle_since = shown, None
        history.save(person, kind=ChangeKind.BREAK_BEGUN, by=by, reason=reason, fields=PRESENCE)
    return person


@retrying
def come_back(person_id: int, *, by: User | None) -> User:
    """Let a person take work again, after a break or after the sweep has signed them out.

    Raises InvalidTransition when somebody else does it for a person who is not signed in,
    NotAllowed for a person who may not work.
    """
    person = _lock(person_id)
    permissions.check_steers(by, person)
    if not permissions.may_work(person):
        raise NotAllowed(_("%s has no role that works on tasks.") % person)
    if not person.is_logged_in and by is not None and by.pk != person.pk:
        raise InvalidTransition(_("%s is not signed in.") % person)
    if not person.takes_work:
        person.is_logged_in, person.break_reason = True, ""
        person.idle_since = person.last_seen_at = timezone.now()
        history.save(person, kind=ChangeKind.BREAK_ENDED, by=by, fields=PRESENCE)
    return person


def seen(person: User) -> None:
    """Note that a person was seen now: at most once a minute, and not in the history.

    It waits for nobody and fails nothing: while somebody else has the person locked, the next
    request notes it.
    """
    now = timezone.now()
    if person.last_seen_at and person.last_seen_at > now - SEEN_EVERY:
        return
    stale = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=now - SEEN_EVERY)
    with suppress(DatabaseError), transaction.atomic():
        unlocked = User.objects.select_for_update(skip_locked=True).filter(stale, pk=person.pk)
        if unlocked.values_list("pk", flat=True).first():
            User.objects.filter(pk=person.pk).update(last_seen_at=now)


def was_sent_away(person: User) -> bool:
    """Return whether the sweep, not somebody, has signed them out or put them on break."""
    if person.is_logged_in:
        return person.break_reason == NOT_RESPONDING
    absence = last_absence(person)
    return absence is not None and absence.history_user_id is None


def shift_began(person: User) -> datetime | None:
    """Return when the person's shift began: when they last signed in."""
    signed_in = person.history.filter(kind=ChangeKind.SIGNED_IN).order_by("-history_id")
    moment: datetime | None = signed_in.values_list("history_date", flat=True).first()
    return moment


def silent_at(task: Task) -> datetime | None:
    """Return when a task in hand goes back unless its holder is seen; None if it is not in hand."""
    begun = task.started_at or task.shown_at
    if task.status != Status.ASSIGNED or begun is None or task.assignee is None:
        return None
    last = max(begun, task.assignee.last_seen_at or begun)
    return last + task.queue.silent_after


def warns_from(task: Task) -> datetime | None:
    """Return when its holder and the floor are warned: a quarter of the time before `silent_at`."""
    moment = silent_at(task)
    return moment and moment - task.queue.silent_after / 4


def became_free(person_id: int) -> None:
    """Restart the person's idle time when a task is no longer theirs; not in the history."""
    User.objects.filter(pk=person_id, is_logged_in=True).update(idle_since=timezone.now())


def last_absence(person: User) -> Any:
    """Return the row of history of this person's last sign-out or break, or None."""
    left = person.history.filter(kind__in=(ChangeKind.SIGNED_OUT, ChangeKind.BREAK_BEGUN))
    return left.order_by("-history_id").first()


def lost_while_away(person: User) -> list[str]:
    """Return a sentence for each task taken from this person since they last left."""
    absence = last_absence(person)
    if absence is None:
        return []
    latest = history.of_tasks(person).order_by("-history_id")[: 2 * MOST_CAPACITY]
    latest = latest.select_related("history_user")
    since = takewhile(lambda row: row.history_date >= absence.history_date, latest)
    return [_loss(row) for row in reversed(list(since)) if _is_loss(row, person)]


def taken(person: User, tasks: Collection[int]) -> list[str]:
    """Return a sentence for each of these tasks that somebody has just taken from this person."""
    if not tasks:
        return []
    rows = history.of_tasks(person).filter(id__in=tasks).select_related("history_user")
    last = {row.id: row for row in rows.order_by("history_id")}
    return [_loss(row) for row in last.values() if _is_loss(row, person)]


def _is_loss(row: Any, person: User) -> bool:
    return row.kind in LOSSES and row.history_user_id != person.pk


def _loss(row: Any) -> str:
    if row.history_user is None:
        sentence = _("%(task)s went back to the queue at %(at)s: %(why)s.")
    elif row.kind == ChangeKind.HELD:
        sentence = _("%(who)s put %(task)s on hold at %(at)s: %(why)s.")
    else:
        sentence = _("%(who)s took %(task)s back at %(at)s: %(why)s.")
    return sentence % {
        "task": row.reference,
        "who": row.history_user,
        "at": clock(row.history_date),
        "why": row.why,
    }


def not_found(person_id: int) -> NotFound:
    """Return the error for a person who does not exist."""
    return NotFound(_("There is no person %(id)s.") % {"id": person_id})


def _lock(person_id: int) -> User:
    person = User.objects.locked(person_id).first()
    if person is None:
        raise not_found(person_id)
    return person
