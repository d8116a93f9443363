"""An assigned task is in front of its holder, and is started."""

from datetime import datetime, timedelta

from django.utils import timezone

from qc.core.transactions import retrying
from qc.models import ChangeKind, Task, User
from qc.work import guards
from qc.work.lifecycle.columns import save

# A task that has been open for so long is started: it was when it was opened.
OPENED_FOR = timedelta(seconds=3)


@retrying
def open_task(task_id: int, *, by: User, plan: int | None = None) -> Task:
    """Note that the task has been open in front of its holder for `OPENED_FOR`: it is started.

    Where its queue demands a scan, it is only shown. Repeating it changes nothing. `plan` is the
    id of the version of the check plan that was shown.
    """
    task = guards.locked_for("start", task_id, by)
    if task.started_at is None and task.assigned_at is not None:
        begin(task, max(timezone.now() - OPENED_FOR, task.assigned_at), by=by, plan=plan)
    return task


@retrying
def start(task_id: int, *, by: User, scanned: str = "") -> Task:
    """Start the task; repeating it changes nothing.

    Raises InvalidInput where its queue demands a scan and `scanned` is not its reference.
    """
    task = guards.locked_for("start", task_id, by)
    if task.started_at is None:
        is_scanned = scanned.strip().upper() == task.reference
        begin(task, timezone.now(), by=by, is_scanned=is_scanned)
        guards.check_started(task)
    return task


def begin(
    task: Task, since: datetime, *, by: User, is_scanned: bool = False, plan: int | None = None
) -> None:
    """Start a locked task of this holder; only show it, where its queue demands a scan first.

    From then on it has its plan: that of its draft, else the one that was shown, else the newest.
    """
    task.shown_at = task.shown_at or since
    if task.started_at is None and (is_scanned or not task.queue.scan_to_start):
        task.started_at = since
        choose_plan(task, plan)
        save(task, ChangeKind.STARTED, by, by.pk)
    else:
        Task.objects.filter(pk=task.pk).update(shown_at=task.shown_at)


def choose_plan(task: Task, shown: int | None = None) -> None:
    """Set the plan of a task that is begun, unless it has one: the version shown, or the newest."""
    if task.plan_id is not None:
        return
    newest = task.queue.plan_id
    if shown is not None and shown != newest and guards.is_version(shown, task.queue_id):
        newest = shown
    task.plan_id = newest
