"""What *My work* shows: the person, their tasks, the tasks that they may claim, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Avg, Count, F
from django.utils import timezone
from django.utils.functional import cached_property

from qc.admin.evidence.task_files import TaskFiles
from qc.admin.my_work import files
from qc.admin.my_work.check_form import CheckForm
from qc.admin.my_work.unsaved import Newer, Unsaved
from qc.admin.shared.etags import version
from qc.checks import judging, recording
from qc.checks.check_input import CheckInput, of_draft
from qc.core.local_days import beginning
from qc.models import NOT_RESPONDING, Task, User
from qc.web.looks import Look
from qc.work import actions, assignment, comments, explanations, lifecycle, line, presence

CLAIMABLE = 20
# What comes with time and leaves no row of history is shown after so long at most.
LOOK_FOR = timedelta(minutes=1)


@dataclass
class MyWorkState:
    """Everything on the page of one person; rarely shown parts are read when they are used.

    `wanted` is the id of the task to show in full, `typed` are notes for it that are not stored
    yet, `sent_check` is such a check, with `errors` by their names, `opened` is the id of a dialog
    to show, `sent` the key of a card that is dealt with, and `known` the look that was read before
    all of it.
    """

    person: User
    wanted: int | None = None
    typed: str | None = None
    sent_check: CheckInput | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    unsaved: Unsaved | None = None
    newer: Newer | None = None
    opened: str = ""
    sent: str = ""
    known: Look | None = None
    tasks: list[Task] = field(init=False)

    def __post_init__(self) -> None:
        self.tasks = actions.held_by(self.person)
        for task in self.tasks:
            task.assignee = self.person

    @cached_property
    def task(self) -> Task | None:
        """The task that is shown in full: the wanted one, else the most urgent."""
        chosen = [task for task in self.tasks if task.pk == self.wanted]
        return next(iter(chosen + self.tasks), None)

    @cached_property
    def check(self) -> CheckForm | None:
        """The check of that task, where it has something to answer, to name or to count."""
        task = self.task
        if task is None or not self._is_checked(task):
            return None
        is_typed = self.sent_check is not None and task.pk == self.wanted
        sent = self.sent_check if is_typed else None
        return CheckForm(task, sent or of_draft(task.draft_findings), self.errors)

    @cached_property
    def correction(self) -> CheckForm | None:
        """The check of the completed task that is being corrected on its own page."""
        for task in self.done:
            if self.opened == f"correct-{task.pk}":
                return CheckForm(task, recording.as_sent(task), is_correction=True)
        return None

    @cached_property
    def files(self) -> TaskFiles | None:
        """The files of this task; None without one."""
        return files.of(self.task, self.person)

    @cached_property
    def comments(self) -> list[Any]:
        """The comments on this task; they are read only where there are any."""
        has_any = self.task is not None and getattr(self.task, "last_comment", None)
        return comments.of_task(self.task.pk) if self.task and has_any else []

    @property
    def notes(self) -> str:
        """The text of the notes field."""
        is_for_this = self.task is not None and self.task.pk == self.wanted
        if self.typed is not None and is_for_this:
            return self.typed
        return self.task.draft if self.task else ""

    @property
    def notes_version(self) -> int:
        """The version of the draft that the notes field is based on."""
        return self.newer.version if self.newer else self.task.draft_version if self.task else 0

    @property
    def held(self) -> str:
        """The ids of the tasks held, for the page to send with its next request."""
        return ",".join(str(task.pk) for task in self.tasks)

    @property
    def others(self) -> list[Task]:
        """The other tasks that this person holds."""
        return [task for task in self.tasks if task != self.task]

    @cached_property
    def line(self) -> list[Task]:
        """What a manager has put next for them; it is read only where there is anything."""
        has_any = any(getattr(task, "has_line", False) for task in self.tasks)
        return line.of(self.person) if has_any else []

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
    def undoable(self) -> Task | None:
        """The task whose completion this person can undo now."""
        return actions.can_undo(self.person)

    @property
    def undo_id(self) -> str:
        """The id of the task whose completion can be undone; "" for none."""
        return str(self.undoable.pk) if self.undoable else ""

    @cached_property
    def version(self) -> str:
        """A version that changes when the page must be redrawn, but not while somebody types."""
        shown = [
            (task.pk, task.priority, task.due_at, task.name, task.instructions)
            for task in (*self.tasks, *self.line, *self.claimable)
        ]
        return version(
            self.person.is_logged_in,
            self.person.break_reason,
            self.task and (self.task.pk, self.task.link, self.task.details),
            self.task and judging.version_of(self.task),
            self.waits_for_scan,
            self.goes_at,
            self.task and getattr(self.task, "last_comment", None),
            self.person.unread_mentions,
            shown,
        )

    @staticmethod
    def _is_checked(task: Task) -> bool:
        queue = task.queue
        return bool(judging.version_of(task) or queue.needs_defects or queue.counts_quantities)

    def is_shown(self, seen: str, undo: str) -> bool:
        """Return whether a page of version `seen` that offers to undo the task `undo` is current.

        Whether that can still be undone is read only for pages that offer it.
        """
        return seen == self.version and (not undo or undo == self.undo_id)

    @property
    def look(self) -> str:
        """What the page sends when it asks again; "" to be looked at in full, as now.

        Claimable tasks go to others, and a warning ends when its person is seen, without a row of
        history that is about them.
        """
        if self.known is None or self.claimable or self.goes_at:
            return ""
        known, now = self.known if self.waits else self.known.own(), timezone.now()
        undo_until = self.undoable and lifecycle.undo_until(self.undoable)
        moments = [now + LOOK_FOR, self.warns_from, undo_until]
        return known.until(min(moment for moment in moments if moment and moment > now))

    @property
    def waits(self) -> bool:
        """Whether the person waits for a task."""
        return self.person.takes_work and self.task is None

    @property
    def waits_for_scan(self) -> bool:
        """Whether the task can't be worked on before its label is scanned."""
        task = self.task
        return task is not None and task.queue.scan_to_start and task.started_at is None

    @property
    def is_to_be_opened(self) -> bool:
        """Whether it is not known yet that the person has seen the task."""
        task = self.task
        if task is None or not self.person.takes_work:
            return False
        return task.shown_at is None or (task.started_at is None and not self.waits_for_scan)

    @property
    def start_by(self) -> datetime | None:
        """When the task goes back to the queue unless it is seen; None once it was."""
        task = self.task
        if not task or not task.assigned_at or task.started_at or task.shown_at:
            return None
        return task.assigned_at + timedelta(minutes=settings.QC_START_MINUTES)

    @property
    def warns_from(self) -> datetime | None:
        """From when the page warns that nothing was seen of the person; None without a task."""
        task = self.task
        return presence.warns_from(task) if task and task.started_at else None

    @cached_property
    def goes_at(self) -> datetime | None:
        """When the task may go to others, as nothing was seen of the person for long."""
        if self.task is None or self.warns_from is None or timezone.now() < self.warns_from:
            return None
        return presence.silent_at(self.task)

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
    def has_left(self) -> bool:
        """Whether they signed out themselves."""
        return bool(self.gone and self.gone.history_user_id == self.person.pk)

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

    @cached_property
    def done(self) -> list[Task]:
        """The tasks that they completed last, each with `is_correctable`."""
        return actions.done_today(self.person)
