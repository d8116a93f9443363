"""Tasks, with the constraints that make a wrong state impossible."""

from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.checks import PlanVersion
from qc.models.choices import Outcome, Priority, Purpose, Status
from qc.models.fields import OrderedJSONField, ReferenceField
from qc.models.history import Records, TaskHistoryRow
from qc.models.people import MOST_CAPACITY, NOT_OWN_BREAKS, User
from qc.models.queues import Queue
from qc.models.search import SEARCHED, replace_words

# A task that the sweep has raised stands behind those that had this priority from the beginning.
ORDER_OF_WORK = ("priority", "raised", "due_at", "id")
# Each priority, with each number of levels by which the sweep may have raised a task to it.
LEVELS = [
    (priority, raised) for priority in Priority for raised in range(Priority.P4 - priority + 1)
]
# The order in which many tasks are taken out of work: unassigned ones first, so that whoever loses
# a task does not get another that is about to go too.
UNASSIGNED_FIRST = (F("slot").asc(nulls_first=True), "pk")
LAST_CHARACTER = "\U0010ffff"

# NULL passes a check constraint: so each column that must have a value is checked for it.

# Nobody holds a task in these states, and nothing of a former holder is left on it.
UNASSIGNED = Q(
    assignee__isnull=True,
    slot__isnull=True,
    assigned_at__isnull=True,
    started_at__isnull=True,
    completed_at__isnull=True,
    outcome="",
)
HELD = Q(
    assignee__isnull=False,
    slot__isnull=False,
    slot__gte=1,
    slot__lte=MOST_CAPACITY,
    assigned_at__isnull=False,
    completed_at__isnull=True,
    outcome="",
)
DONE = Q(
    assignee__isnull=False,
    slot__isnull=True,
    assigned_at__isnull=False,
    started_at__isnull=False,
    completed_at__isnull=False,
    outcome__in=Outcome.values,
)
STATUS_AGREES = (
    (Q(status__in=[Status.PENDING, Status.ON_HOLD, Status.CANCELLED]) & UNASSIGNED)
    | (Q(status=Status.ASSIGNED) & HELD)
    | (Q(status=Status.COMPLETED) & DONE)
)


class TaskQuerySet(models.QuerySet["Task"]):
    """Named reads of tasks."""

    def waiting(self) -> "TaskQuerySet":
        """Tasks that wait to be assigned, most urgent first."""
        return self.filter(status=Status.PENDING).order_by(*ORDER_OF_WORK)

    def held(self) -> "TaskQuerySet":
        """Tasks assigned to somebody, most urgent first."""
        return self.filter(slot__isnull=False).order_by(*ORDER_OF_WORK)

    def held_by(self, person: "User") -> "TaskQuerySet":
        """Tasks that this person holds now, most urgent first."""
        return self.held().filter(assignee=person)

    def done_by(self, person: "User", since: datetime) -> "TaskQuerySet":
        """Tasks that this person has completed since a moment."""
        return self.filter(assignee=person, completed_at__gte=since)

    def not_started_since(self, moment: datetime) -> "TaskQuerySet":
        """Assigned tasks that were not shown to their holder since `moment`.

        Not those of people who have another task started, or are on a break that they took. Whoever
        comes back from a break, or has completed another task, has the whole time again.
        """
        started = Task.objects.filter(
            assignee=OuterRef("assignee"), slot__isnull=False, started_at__isnull=False
        )
        never_shown = self.filter(
            status=Status.ASSIGNED,
            assigned_at__lt=moment,
            started_at__isnull=True,
            shown_at__isnull=True,
            assignee__break_reason__in=NOT_OWN_BREAKS,
        )
        waits_since = Q(assignee__idle_since__lt=moment) | Q(assignee__idle_since__isnull=True)
        return never_shown.filter(waits_since, ~Exists(started))

    def silent(self, now: datetime) -> "TaskQuerySet":
        """Tasks in hand whose person was not seen for as long as their queue allows."""
        moment = ExpressionWrapper(
            Value(now) - F("queue__silent_after"), output_field=models.DateTimeField()
        )
        unseen = Q(assignee__last_seen_at__lt=moment) | Q(assignee__last_seen_at__isnull=True)
        begun = Coalesce("started_at", "shown_at")
        return self.alias(begun=begun).filter(unseen, status=Status.ASSIGNED, begun__lt=moment)

    def overdue_to_raise(self, now: datetime) -> "TaskQuerySet":
        """Waiting tasks whose priority the sweep must raise now."""
        return self.filter(status=Status.PENDING, raise_at__lte=now)


def begins_with(text: str) -> Q:
    """Return the condition that a reference begins with a text: a range of its index.

    Django's `startswith` compares by bytes, which MariaDB's index of characters can't serve.
    """
    start = text.strip().upper()
    return Q(reference__gte=start, reference__lt=start + LAST_CHARACTER)


def detail(column: str, details: str = "details") -> Any:
    """Return the expression for what the sender has in a column of their own, as text."""
    return Cast(KeyTextTransform(column, details), models.TextField())


def next_raise_at(priority: int, due_at: datetime) -> datetime | None:
    """Return when the sweep next raises this priority; None for P1, which is the highest."""
    return due_at if priority > Priority.P1 else None


class Task(models.Model):
    """One thing to check.

    ::

                assign / claim                 complete
     PENDING ───────────────────▶ ASSIGNED ───────────────▶ COMPLETED
       ▲  ▲ ◀───────────────────    │                          │
       │  │   release / return      │ hold                     │ reopen (manager)
       │  └──────── resume ── ON_HOLD ◀─ hold ─ PENDING        │
       └───────────────────────────────────────────────────────┘
     PENDING, ON_HOLD ── cancel ──▶ CANCELLED ── reopen ──▶ PENDING

    Only `qc.work.lifecycle` writes `status` and the columns that go with it. `slot` numbers the
    tasks that a person holds: (assignee, slot) is unique, so the database keeps two hand-outs
    from filling the same slot.

    `raised` is by how many levels the sweep has raised the priority. `shown_at` is when the holder
    first saw it, `draft` has their unfinished notes, `draft_version` counts the changes of these,
    `draft_outcome` is the outcome of a completion that was undone, and `draft_findings` has the
    answers that are not sent yet; none of these five is audited. `released_by` is who gave it back
    last, while it is to be done (`HandBack` has all). A waiting task that a manager has put
    `next_for` a person goes to them alone, the last put first (`qc.work.line`).

    `plan` is the version of its queue's check plan that it was started with, `findings` is what the
    check found (`qc.checks`), `inspected` and `rejected` are quantities. A rework follows from its
    `origin`, which failed, and a reinspection from the rework.
    """

    LIVE = (Status.PENDING, Status.ASSIGNED, Status.ON_HOLD)
    UNHELD = (Status.PENDING, Status.ON_HOLD)
    FINISHED = (Status.COMPLETED, Status.CANCELLED)

    reference = ReferenceField(
        _("reference"),
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"\S", _("A reference must not be empty."))],
    )
    name = models.CharField(_("name"), max_length=200)
    queue = models.ForeignKey(
        Queue, models.PROTECT, verbose_name=_("queue"), related_name="tasks", db_index=False
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority, default=Priority.P3
    )
    due_at = models.DateTimeField(
        _("due"), blank=True, help_text=_("Left empty: arrival plus the queue's target.")
    )
    raised = models.PositiveSmallIntegerField(
        _("raised by"), default=0, db_default=0, editable=False
    )
    raise_at = models.DateTimeField(_("next priority raise"), null=True, editable=False)
    instructions = models.TextField(_("instructions"), blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    details = OrderedJSONField(_("details"), default=dict, blank=True)

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.PENDING, editable=False
    )
    assignee = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("person"),
        related_name="tasks",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    slot = models.PositiveSmallIntegerField(null=True, editable=False)
    assigned_at = models.DateTimeField(_("assigned"), null=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, blank=True, default="", editable=False
    )
    notes = models.TextField(_("notes"), blank=True, editable=False)
    shown_at = models.DateTimeField(null=True, editable=False)
    draft = models.TextField(blank=True, editable=False)
    draft_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    draft_outcome = models.CharField(
        max_length=10, choices=Outcome, blank=True, default="", db_default="", editable=False
    )
    draft_findings = OrderedJSONField(null=True, editable=False)
    plan = models.ForeignKey(
        PlanVersion,
        models.PROTECT,
        verbose_name=_("check plan"),
        related_name="+",
        null=True,
        editable=False,
        db_index=False,
    )
    findings = OrderedJSONField(_("findings"), null=True, editable=False)
    lot_size = models.PositiveIntegerField(
        _("lot size"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    inspected = models.PositiveIntegerField(_("inspected"), null=True, editable=False)
    rejected = models.PositiveIntegerField(_("rejected"), null=True, editable=False)
    purpose = models.CharField(
        _("purpose"),
        max_length=10,
        choices=Purpose,
        blank=True,
        default=Purpose.INSPECTION,
        db_default=Purpose.INSPECTION,
        editable=False,
    )
    origin = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("follows from"),
        related_name="followers",
        null=True,
        editable=False,
    )
    released_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("given back by"),
        related_name="+",
        null=True,
        editable=False,
    )
    next_for = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("next for"),
        related_name="line",
        null=True,
        editable=False,
        # Accounts are never deleted; to check it would copy a table of a million tasks.
        db_constraint=False,
    )
    next_at = models.DateTimeField(_("put next"), null=True, editable=False)
    created_at = models.DateTimeField(_("arrived"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("created by"),
        related_name="+",
        null=True,
        editable=False,
    )

    # Set only by `qc.work.corrections.done_today`.
    is_correctable: bool

    history = Records(
        TaskHistoryRow,
        excluded_fields=["shown_at", "draft", "draft_version", "draft_outcome", "draft_findings"],
        # The audit trail finds rows by queue, those of a task by `id`, of a person by `person`.
        no_db_index=["assignee", "released_by", "created_by", "reference", "origin", "next_for"],
        last=["assignee", "slot"],
    )
    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        permissions: ClassVar = [
            ("work_task", "Can be given tasks and complete them"),
            ("manage_task", "Can assign, hold, resume, cancel, reopen and import tasks"),
            ("export_task", "Can export tasks"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["assignee", "slot"], name="task_one_per_slot"),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4),
                name="task_priority",
                violation_error_message=_("Priority must be 1, 2, 3 or 4."),
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(F("priority") + F("raised"), Priority.P4),
                name="task_raised",
            ),
            models.CheckConstraint(condition=STATUS_AGREES, name="task_status_agrees"),
            models.CheckConstraint(condition=~Q(reference=""), name="task_reference"),
            models.CheckConstraint(
                condition=Q(rejected__isnull=True) | Q(rejected__lte=F("inspected")),
                name="task_quantities",
                violation_error_message=_("No more can be rejected than were inspected."),
            ),
        ]
        indexes: ClassVar = [
            # In the order of work: one seek finds and locks a queue's next task. All that it asks
            # is here, or MariaDB would also take, and lock, another index.
            models.Index(fields=["queue", "status", *ORDER_OF_WORK, "next_for"], name="task_next"),
            models.Index(fields=["status", "assigned_at"], name="task_not_started"),
            models.Index(fields=["status", "raise_at"], name="task_raise"),
            models.Index(fields=["assignee", "completed_at"], name="task_done"),
            # What arrived and what was completed in a span of time, by queue: answered by the index
            # alone. Of these and the following only `task_due` is written at a hand-out.
            models.Index(fields=["created_at", "queue"], name="task_came"),
            models.Index(fields=["completed_at", "queue"], name="task_went"),
            # Filters of the task list (`qc.work.task_orders`): late or in time, first due first;
            # completed in a queue or with an outcome, last completed first; of a queue or a
            # priority, newest first.
            models.Index(fields=["status", "due_at"], name="task_due"),
            models.Index(fields=["queue", "completed_at"], name="task_completed_in_queue"),
            models.Index(fields=["outcome", "completed_at"], name="task_outcome"),
            models.Index(fields=["queue", "id"], name="task_of_queue"),
            models.Index(fields=["priority", "id"], name="task_of_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the task, and the words by which it is found."""
        fields = kwargs.get("update_fields")
        if fields is not None and SEARCHED.isdisjoint(fields):
            super().save(*args, **kwargs)
            return
        is_new = self._state.adding
        with transaction.atomic(), replace_words([] if is_new else [self]) as tasks:
            super().save(*args, **kwargs)
            tasks.extend([self] if is_new else [])

    @property
    def is_in_hand(self) -> bool:
        """Whether its holder has started it, or was shown it and may scan it at the end."""
        is_shown = self.shown_at is not None and self.queue.scan_to_start
        return self.started_at is not None or is_shown

    @property
    def is_late(self) -> bool:
        """Whether it is past due and still to be done."""
        return self.status in self.LIVE and self.due_at < timezone.now()

    def arrive(self, now: datetime) -> None:
        """Set what the sender left out: due at arrival plus the queue's target.

        It also plans the first raise of the priority: when the task is past due.
        """
        self.due_at = self.due_at or self.queue.due_at(now)
        self.plan_raise()

    def plan_raise(self) -> None:
        """Set when the sweep raises the priority next."""
        self.raise_at = next_raise_at(self.priority, self.due_at)
