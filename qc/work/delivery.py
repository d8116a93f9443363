"""What another program's answer shows to a person is delivered: seen, and the first one started."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef
from django.utils import timezone

from qc.checks import evidence
from qc.core.compiled_queries import Prepared
from qc.core.transactions import retrying
from qc.models import Task, User
from qc.work import comments, guards, lifecycle

LOCKED_HELD = Prepared(lambda person: Task.objects.select_for_update().held_by(User(pk=person)))
# Whether there is anything in the line of whoever has the task.
HAS_LINE = Exists(Task.objects.filter(next_for=OuterRef("assignee")))
HELD = Prepared(
    lambda person: (
        Task.objects.held_by(User(pk=person))
        .select_related("queue")
        .annotate(
            has_files=evidence.HAS_FILES, last_comment=comments.LAST_COMMENT, has_line=HAS_LINE
        )
    )
)


def held_by(person: User) -> list[Task]:
    """Return the tasks that a person holds, most urgent first."""
    return HELD.items(person.pk)


def deliver(person: User, held: list[Task] | None = None) -> list[Task]:
    """Note that a person was just shown the tasks that they hold; return these.

    The most urgent one is started, unless they have started another or its queue demands a scan.
    Nothing is written, and nothing locked, when nothing is new. `held` are the tasks, if known.
    """
    if held is None:
        held = held_by(person)
    return deliver_anew(person) if _is_new(held) else held


@retrying
def deliver_anew(person: User) -> list[Task]:
    """Do what `deliver` does when something may be new."""
    guards.lock_person(person.pk)
    held: list[Task] = LOCKED_HELD.items(person.pk)
    first = _to_start(held)
    _show([task for task in held if task.shown_at is None and task != first])
    if first is not None:
        lifecycle.begin(first, timezone.now(), by=person)
    return held


def _is_new(held: Iterable[Task]) -> bool:
    return _to_start(held) is not None or any(task.shown_at is None for task in held)


def _to_start(held: Iterable[Task]) -> Task | None:
    """Return the task that its holder begins with now, if any."""
    if any(task.started_at for task in held):
        return None
    return next((task for task in held if not task.queue.scan_to_start), None)


def _show(tasks: list[Task]) -> None:
    now = timezone.now()
    for task in tasks:
        task.shown_at = now
    if tasks:
        Task.objects.filter(pk__in=[task.pk for task in tasks]).update(shown_at=now)
