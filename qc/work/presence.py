"""Who is signed in: signing in and out, breaks, being seen; each change with one history row.

The person is locked before the tasks. `by` is the user who acts, None for a job; NotAllowed is
raised when they may not steer this person (`qc.permissions`).
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.core.compiled_queries import Prepared
from qc.core.context import Channel, acting, current_channel
from qc.core.exceptions import InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import MOST_CAPACITY, NOT_RESPONDING, ChangeKind, Status, Task, User
from qc.work import guards, lifecycle, line

PRESENCE = ("is_logged_in", "break_reason", "idle_since", "last_seen_at")
# The presence of somebody who is signed out.
AWAY: dict[str, Any] = {"is_logged_in": False, "break_reason": "", "idle_since": None}
# How often it is written that somebody was seen: more often where they are soon missed.
SEEN_EVERY = timedelta(minutes=min(1, settings.QC_UNSEEN_MINUTES / 4))
# The kinds of change by which a task is taken from a person.
LOSSES = {ChangeKind.RETURNED, ChangeKind.RELEASED, ChangeKind.HELD}
# When a person last signed in.
SIGNED_IN = Prepared(
    lambda person: (
        history.of(User(pk=person))
        .filter(kind=ChangeKind.SIGNED_IN)
        .order_by("-history_id")
        .values_list("history_date")[:1]
    )
)


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
    """Sign a person out; return the tasks that they held or had in line, which wait again.

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
    vars(person).update(AWAY)
    if by is not None and by.pk != person.pk:
        with acting(Channel(current_channel()), by):
            end_access(person.pk)
    if was_signed_in or not permissions.may_work(person):
        history.save(person, kind=ChangeKind.SIGNED_OUT, by=by, reason=reason, fields=PRESENCE)
    held = Task.objects.select_for_update().held_by(person)
    returned = [task for task in held if not (keeps_started and task.is_in_hand)]
    for task in returned:
        lifecycle.take_back(task, by=by, reason=reason)
    return returned + line.end([person.pk], by=by, reason=reason)


@retrying
def return_tasks(
    person_id: int, *, by: User | None, reason: str, queues: Collection[int] | None = None
) -> list[Task]:
    """Return what a person holds or has in line, or that of some queues, without blame."""
    person = _lock(person_id)
    # Beside a hand-out on another node, one of both must see the other.
    guards.write_people([person.pk])
    held = Task.objects.select_for_update().held_by(person)
    returned = list(held if queues is None else held.filter(queue__in=queues))
    for task in returned:
        lifecycle.take_back(task, by=by, reason=reason)
    return returned + line.end([person.pk], by=by, reason=reason, queues=queues)


def end_access(person_id: int) -> None:
    """End a person's sessions and tokens, as a change of their account does by itself."""
    User.objects.filter(pk=person_id).end_access()


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
        if shown == NOT_RESPONDING:
            line.end([person.pk], by=by, reason=reason)
    return person


@retrying
def come_back(person_id: int, *, by: User | None) -> User:
    """Let a person take work again, after a break or after the sweep has signed them out.

    Raises InvalidTransition when somebody else does it for a person who is not signed in,
    NotAllowed for a person who may not work.
    """
    person = _lock(person_id)
    permissions.check_steers(by, person)
    permissions.check_works(person)
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
    return next((moment for (moment,) in SIGNED_IN.items(person.pk)), None)


def silent_at(task: Task) -> datetime | None:
    """Return when a task in hand goes back unless its holder is seen; None if it is not in hand."""
    begun = task.started_at or task.shown_at
    if task.status != Status.ASSIGNED or begun is None or task.assignee is None:
        return None
    last = max(begun, task.assignee.last_seen_at or begun)
    return last + task.queue.silent_after


def has_in_hand(person: User, now: datetime) -> bool:
    """Return whether a person has a task in hand that its queue still leaves to them."""
    held = Task.objects.held_by(person).select_related("queue", "assignee")
    return any(moment and moment > now for moment in map(silent_at, held))


def warns_from(task: Task) -> datetime | None:
    """Return when its holder and the floor are warned: a quarter of the time before `silent_at`."""
    moment = silent_at(task)
    return moment and moment - task.queue.silent_after / 4


def became_free(person_id: int) -> None:
    """Restart the person's idle time when a task is no longer theirs; not in the history."""
    User.objects.filter(pk=person_id, is_logged_in=True).update(idle_since=timezone.now())


def locked_as_free(person: User) -> User:
    """Lock a person, restart their idle time as `became_free`; return them as they are now.

    It is one statement where they are as in memory in all that decides what they can be given.
    """
    now = timezone.now()
    if person.takes_work and _restart_idle_time(person, now):
        person.idle_since = now
        return person
    locked = _lock(person.pk)
    became_free(person.pk)
    locked.idle_since = now if locked.is_logged_in else locked.idle_since
    return locked


def _restart_idle_time(person: User, now: datetime) -> bool:
    """Restart it if the person takes work and has this capacity; return whether it is so."""
    sql = (
        f"UPDATE {User._meta.db_table} SET idle_since = %s WHERE id = %s AND is_active = %s"  # noqa: S608
        " AND is_logged_in = %s AND break_reason = '' AND capacity = %s"
    )
    moment = connection.ops.adapt_datetimefield_value(now)
    # Without the ORM, which would take several times as long to build it.
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment, person.pk, True, True, person.capacity])
        return bool(cursor.rowcount)


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
    changes = _changes_of(len(tasks)).rows(person.pk, *tasks)
    last = {task: (number, kind, by) for number, task, kind, by in changes}
    lost = [number for number, kind, by in last.values() if kind in LOSSES and by != person.pk]
    rows = history.of_tasks(person).filter(history_id__in=lost).select_related("history_user")
    return [_loss(row) for row in rows.order_by("history_id")] if lost else []


@lru_cache(maxsize=MOST_CAPACITY)
def _changes_of(n: int) -> Prepared:
    """Return the query of a person's changes of n tasks, oldest first."""

    def make(person: int, *tasks: int) -> Any:
        rows = history.of_tasks(User(pk=person)).filter(id__in=tasks).order_by("history_id")
        return rows.values_list("history_id", "id", "kind", "history_user_id")

    return Prepared(make)


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
    person = guards.locked_person(person_id)
    if person is None:
        raise not_found(person_id)
    return person
