"""Two weeks of finished work: tasks that arrived, were assigned, started and completed.

Each person works through their days one task after the other. Tasks are written in bulk, with the
rows of history that their steps would have left, in the order of their moments.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from random import Random
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from qc import history
from qc.checks import defects, plan, recording
from qc.core.context import Channel
from qc.core.local_days import beginning
from qc.management.demo import checks
from qc.models import ChangeKind, Queue, Roster, Status, Task, User
from qc.models.search import replace_words

DAYS = 14
SEED = 1
# On Saturdays and Sundays a third is done of what is done on other days.
WEIGHTS = (3, 3, 3, 3, 3, 1, 1)
BEGIN = time(7, 30)
# Minutes for a task, by queue; others take as long as invoices.
MINUTES = {"Incoming parts": 22, "Labels": 14, "Customer orders": 8}
USUAL_MINUTES = 10
# What fails: of most suppliers little, of this one much.
SHARE_BAD, WORST, SHARE_OF_WORST = 0.06, "Łódź Castings", 0.3
OWN_COLUMNS = {"reference", "name", "queue", "priority", "due_at", "instructions", "link"}
OWN_COLUMNS |= {"lot_size"}

# What nobody has worked on yet.
WAITING: dict[str, Any] = {
    "status": Status.PENDING,
    "assignee_id": None,
    "assigned_at": None,
    "started_at": None,
    "completed_at": None,
    "plan_id": None,
    "outcome": "",
    "findings": None,
    "inspected": None,
    "rejected": None,
    "notes": "",
}

Row = Mapping[str, str]


class Step(NamedTuple):
    """A step of a task's life: when, what, by whom and through what, and the task after it."""

    moment: datetime
    kind: str
    by: int
    through: str
    task: Task


def load(rows: Sequence[Row]) -> None:
    """Make finished tasks like the rows of a file of tasks."""
    dice = Random(SEED)  # noqa: S311
    _write(list(_tasks(rows, dice)), dice)


def began() -> datetime:
    """Return when this past begins."""
    return beginning(timezone.localdate() - timedelta(days=DAYS))


def _tasks(rows: Sequence[Row], dice: Random) -> Iterator[Task]:
    """Yield a completed task for each row, day by day, spread over the people of its queue."""
    queues = Queue.objects.by_name()
    serving = _serving(list({queue.pk: queue for queue in queues.values()}.values()))
    for day, some in _by_day(rows):
        free_at: dict[int, datetime] = {}
        for row in some:
            queue = queues[row["queue"]]
            person = min(serving[queue.pk], key=lambda pk: (free_at.get(pk, _begin(day, pk)), pk))
            began_at = free_at.get(person, _begin(day, person))
            task = _task(row, queue, person, began_at, dice)
            free_at[person] = task.completed_at or began_at
            yield task


def _serving(queues: Sequence[Queue]) -> dict[int, list[int]]:
    """Return the people who serve each queue, by its id."""
    serving: dict[int, list[int]] = {queue.pk: [] for queue in queues}
    for person, served in sorted(Roster(user__is_active=True).serving(queues).items()):
        for queue in served:
            serving[queue].append(person)
    return serving


def _by_day(rows: Sequence[Row]) -> Iterator[tuple[date, Sequence[Row]]]:
    """Yield the days until yesterday, each with its part of the rows."""
    days = [began().date() + timedelta(days=n) for n in range(DAYS)]
    total, done, given = sum(WEIGHTS) * DAYS // 7, 0, 0
    for day in days:
        done += WEIGHTS[day.weekday()]
        until = len(rows) * done // total
        yield day, rows[given:until]
        given = until


def _begin(day: date, person: int) -> datetime:
    """Return when somebody begins to work: not all at the same minute."""
    moment = datetime.combine(day, BEGIN, timezone.get_current_timezone())
    return moment + timedelta(minutes=person * 7 % 40)


def _task(row: Row, queue: Queue, person: int, free: datetime, dice: Random) -> Task:
    """Return a completed task, with all moments of its life."""
    assigned = free + timedelta(seconds=dice.uniform(1, 20))
    started = assigned + timedelta(seconds=dice.uniform(5, 90))
    minutes = MINUTES.get(queue.name, USUAL_MINUTES) * dice.lognormvariate(0, 0.35)
    arrived = assigned - timedelta(minutes=dice.lognormvariate(3.5, 0.8))
    task = Task(
        reference=_earlier(row["reference"]),
        name=row["name"],
        queue=queue,
        priority=int(row["priority"]),
        instructions=row["instructions"],
        link=row["link"],
        lot_size=int(row["lot_size"]) if row["lot_size"] else None,
        details={name: text for name, text in row.items() if text and name not in OWN_COLUMNS},
        created_at=arrived,
        assignee_id=person,
        assigned_at=assigned,
        started_at=started,
        shown_at=started,
        completed_at=started + timedelta(minutes=minutes),
        status=Status.COMPLETED,
        plan_id=queue.plan_id,
    )
    task.arrive(arrived)
    return task


def _earlier(reference: str) -> str:
    """Return a reference of earlier work: a thousand before the one of the file."""
    return re.sub(r"\d+", lambda number: str(int(number[0]) - 1000), reference, count=1)


@transaction.atomic
def _write(tasks: Sequence[Task], dice: Random) -> None:
    """Store the tasks with their findings and their history."""
    judged = {task.reference: _judge(task, dice) for task in tasks}
    Task.objects.bulk_create(tasks)
    # Not every database has told the ids.
    stored = Task.objects.in_bulk([task.reference for task in tasks], field_name="reference")
    with replace_words([]) as found:
        found.extend(stored.values())
    for reference, task in stored.items():
        recording.record(task, judged[reference])
    manager = User.objects.get(username="manager").pk
    steps = [step for task in stored.values() for step in _steps(task, manager)]
    steps.sort(key=itemgetter(0))
    history.record_past([step.task for step in steps], _columns(steps))


def _columns(steps: Sequence[Step]) -> dict[str, list[Any]]:
    """Return the columns that rows of history have beside those of the task."""
    return {
        "history_date": [step.moment for step in steps],
        "history_type": ["+" if step.kind == ChangeKind.IMPORTED else "~" for step in steps],
        "history_user_id": [step.by for step in steps],
        "person_id": [step.task.assignee_id for step in steps],
        "kind": [step.kind for step in steps],
        "through": [step.through for step in steps],
    }


def _judge(task: Task, dice: Random) -> Any:
    """Check a task by its queue's plan, and set what the check says on it."""
    task.has_files = False  # type: ignore[attr-defined]
    share = SHARE_OF_WORST if task.details.get("supplier") == WORST else SHARE_BAD
    bad = dice.random() < share
    version = plan.of_version(task.plan_id) if task.plan_id else plan.Plan()
    judged = checks.checked(task, version, defects.codes_of(task.queue_id), dice, bad)
    task.outcome, task.findings = judged.outcome, judged.findings()
    task.inspected, task.rejected = judged.inspected, judged.rejected
    task.notes = checks.note(dice, bad=bad)
    return judged


def _steps(task: Task, manager: int) -> Iterator[Step]:
    """Yield the steps of a completed task, each with the task as it was then."""
    person, page = task.assignee_id or 0, Channel.PAGE
    held = WAITING | {"status": Status.ASSIGNED, "assignee_id": person, "slot": 1}
    held["assigned_at"] = task.assigned_at
    started = held | {"started_at": task.started_at, "plan_id": task.plan_id}
    for moment, kind, by, through, columns in (
        (task.created_at, ChangeKind.IMPORTED, manager, Channel.IMPORT, WAITING),
        (task.assigned_at, ChangeKind.ASSIGNED, person, page, held),
        (task.started_at, ChangeKind.STARTED, person, page, started),
        (task.completed_at, ChangeKind.COMPLETED, person, page, {}),
    ):
        then = copy.copy(task)
        vars(then).update(columns)
        if moment is not None:
            yield Step(moment, kind, by, through, then)
