"""What *My work* shows: the person, their tasks, the tasks that they may claim, and why."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, F
from django.utils import timezone
from django.utils.functional import cached_property

from qc.admin.shared.etags import version
from qc.core.local_days import beginning
from qc.models import NOT_RESPONDING, Task, User
from qc.work import assignment, explanations, presence

CLAIMABLE = 20


@dataclass
class MyWorkState:
    """Everything on the page of one person; rarely shown parts are read when they are used.

    `wanted` is the id of the task to show in full.
    """

    person: User
    wanted: int | None = None
    tasks: list[Task] = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = list(Task.objects.held_by(self.person).select_related("queue"))

    @cached_property
    def task(self) -> Task | None:
        """The task that is shown in full: the wanted one, else the most urgent."""
        chosen = [task for task in self.tasks if task.pk == self.wanted]
        return next(iter(chosen + self.tasks), None)

    @property
    def held(self) -> str:
        """The ids of the tasks held, for the page to send with its next request."""
        return ",".join(str(task.pk) for task in self.tasks)

    @property
    def others(self) -> list[Task]:
        """The other tasks that this person holds."""
        return [task for task in self.tasks if task != self.task]

    @cached_property
    def claimable(self) -> list[Task]:
        """The tasks that a free person without a task may claim."""
        if self.tasks or not self.person.takes_work:
            return []
        return assignment.claimable_by(self.person, CLAIMABLE)

    @property
    def has_tasks(self) -> bool:
        """Whether the page shows any task: held, or to be claimed."""
        return bool(self.tasks or self.claimable)

    @cached_property
    def version(self) -> str:
        """A version that changes when the page must be redrawn, but not while somebody types."""
        shown = [
            (task.pk, task.started_at, task.priority, task.due_at, task.name, task.instructions)
            for task in (*self.tasks, *self.claimable)
        ]
        return version(self.person.is_logged_in, self.person.break_reason, self.wanted, shown)

    @property
    def start_by(self) -> datetime | None:
        """When the task goes back to the queue unless it is started; None once it is."""
        if not self.task or not self.task.assigned_at or self.task.started_at:
            return None
        return self.task.assigned_at + timedelta(minutes=settings.QC_START_MINUTES)

    @property
    def why(self) -> str:
        """Why this person has no task."""
        return explanations.of_person(self.person, to_them=True)

    @property
    def is_not_responding(self) -> bool:
        """Whether the sweep put them on break because they did not start a task."""
        return self.person.break_reason == NOT_RESPONDING

    @cached_property
    def gone(self) -> Any:
        """The history row of when and why they were signed out or put on break."""
        return presence.last_absence(self.person)

    @property
    def lost(self) -> list[str]:
        """Sentences about the tasks that they lost then."""
        return presence.lost_while_away(self.person)

    @cached_property
    def today(self) -> dict[str, Any]:
        """How many tasks this person has completed today, and how long each took."""
        midnight = beginning(timezone.localdate())
        done = Task.objects.done_by(self.person, midnight)
        return done.aggregate(done=Count("pk"), each=Avg(F("completed_at") - F("started_at")))
