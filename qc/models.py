"""Queues, people and tasks, with the constraints that make a wrong state impossible."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from qc.archive_records import Archive  # noqa: F401 - Django finds models here
from qc.chain import Seal, Verification  # noqa: F401 - and here
from qc.events import AuditEvent  # noqa: F401 - and here
from qc.import_records import Import, ImportChunk  # noqa: F401 - and here
from qc.origin import HistoryRow, PersonHistoryRow, TaskHistoryRow, current_user
from qc.querysets import ORDER_OF_WORK, PersonManager, QueueQuerySet, TaskQuerySet
from qc.zones import check_zone, languages

MOST_CAPACITY = 20


class Records(HistoricalRecords):
    """History whose rows are found by kind too, and by `last`: those who ask for the last of each.

    That is what a floor of the past is read by (`qc.then`).
    """

    def __init__(self, *, last: Sequence[str], **options: Any) -> None:
        self.last = last
        super().__init__(**options)

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        """Adds the index of the audit trail's filter: a creation has no kind but its type."""
        wanted = {"kind": ["kind", "history_type"], "last": self.last}
        name = f"{model._meta.model_name}_history"
        indexes = [
            models.Index(fields=fields, name=f"{name}_{what}")
            for what, fields in wanted.items()
            if fields
        ]
        return super().get_meta_options(model) | {"indexes": indexes}


def records(
    row: Any = HistoryRow, *, last: Sequence[str] = (), **options: Any
) -> HistoricalRecords:
    """Gives the history of a model: who, when, why, through what, by 64 bits."""
    return Records(
        last=last,
        bases=[row],
        get_user=current_user,
        history_id_field=models.BigAutoField(),
        **options,
    )


class ReferenceField(models.CharField):
    """Their name for a task: it means the same whatever its case, on every database.

    Kept in capitals and without blanks around it, and compared character by character: MariaDB's
    usual collations would also hold "é" and "e" for the same, SQLite would not.
    """

    def to_python(self, value: Any) -> Any:
        """Gives the reference as it is kept."""
        text = super().to_python(value)
        return text.strip().upper() if isinstance(text, str) else text

    def get_prep_value(self, value: Any) -> Any:
        """Gives the reference as it is looked up."""
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Puts the kept spelling on the object too, so that its history row says the same."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Asks MariaDB and MySQL to compare character by character, as SQLite does anyway."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class Role(models.TextChoices):
    """The roles, each a group of that name."""

    QC_STAFF = "QC staff", _("QC staff")
    MANAGERS = "Managers", _("Managers")
    AUDITORS = "Auditors", _("Auditors")


class User(AbstractUser):
    """A person: an account, whether they are there, and how much they can hold.

    `idle_since` is when they last became free; `break_reason` is "" while they take work. With
    `language` "" the pages speak what the browser asks for, with `time_zone` "" they show times
    in the site's own.
    """

    is_logged_in = models.BooleanField(_("signed in"), default=False, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    break_reason = models.CharField(
        _("on break"), max_length=100, blank=True, default="", editable=False
    )
    idle_since = models.DateTimeField(_("free since"), null=True, blank=True, editable=False)
    capacity = models.PositiveSmallIntegerField(
        _("capacity"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CAPACITY)],
        help_text=_("How many tasks this person can have at once."),
    )
    language = models.CharField(
        _("language"), max_length=10, choices=languages, blank=True, default="", db_default=""
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        validators=[check_zone],
        blank=True,
        default="",
        db_default="",
    )

    # How many tasks they hold: read with `User.objects.with_open_tasks()`.
    open_tasks: int

    history = records(
        PersonHistoryRow,
        excluded_fields=["password", "last_login", "last_seen_at", "idle_since"],
        m2m_fields=["groups"],
        last=["id", "kind"],
    )
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=MOST_CAPACITY),
                name="person_capacity",
                violation_error_message=_("Capacity must be from 1 to 20."),
            ),
            models.CheckConstraint(
                condition=Q(is_logged_in=True) | Q(break_reason=""),
                name="person_break_is_there",
            ),
        ]
        indexes: ClassVar = [
            # Who is free, idle longest first; who has not been seen.
            models.Index(fields=["is_logged_in", "idle_since"], name="person_idle"),
            models.Index(fields=["is_logged_in", "last_seen_at"], name="person_seen"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def takes_work(self) -> bool:
        """Whether this person is there and not on break."""
        return self.is_active and self.is_logged_in and not self.break_reason


class Queue(models.Model):
    """A kind of work. Tasks belong to one; people on it get them."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("Nobody gets tasks from a paused queue.")
    )
    open_to_all = models.BooleanField(
        _("open to all"), default=False, help_text=_("All QC staff get tasks from it.")
    )
    people = models.ManyToManyField(
        User, verbose_name=_("people"), related_name="queues", blank=True
    )
    target = models.DurationField(
        _("target"),
        default=timedelta(days=1),
        validators=[MinValueValidator(timedelta(minutes=1))],
        help_text=_("How long after its arrival a task is due."),
    )

    history = records(m2m_fields=[people])
    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(target__gt=timedelta(0)), name="queue_target"),
        ]

    def __str__(self) -> str:
        return self.name

    def due_at(self, arrived: datetime) -> datetime:
        """Gives when a task that arrived then is due, if its sender does not say."""
        return arrived + self.target


class Priority(models.IntegerChoices):
    """How urgent a task is; the most urgent has the smallest number, so that it sorts first."""

    P1 = 1, _("P1 urgent")
    P2 = 2, _("P2 high")
    P3 = 3, _("P3 normal")
    P4 = 4, _("P4 low")


class Status(models.TextChoices):
    """Where a task is in its life."""

    PENDING = "pending", _("waiting")
    ASSIGNED = "assigned", _("assigned")
    ON_HOLD = "on_hold", _("on hold")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


class Outcome(models.TextChoices):
    """What a check found."""

    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")


# An unknown (NULL) passes a check constraint: each column that must be there is named as such.

# Nobody holds a task in these states, and nothing of a former holder is left on it.
NOBODYS = Q(
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
    outcome__in=["passed", "failed"],
)


def raised_at(priority: int, due_at: datetime) -> datetime | None:
    """Gives when the sweep raises a priority next: never above P1."""
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

    Only `qc.lifecycle` writes `status` and the columns that go with it. `slot` numbers the tasks
    that a person holds: (assignee, slot) is unique, so the database itself refuses to let two
    hand-outs fill the same place. `draft` is what the holder is typing; it is not audited.
    """

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
    raise_at = models.DateTimeField(_("next priority raise"), null=True, editable=False)
    instructions = models.TextField(_("instructions"), blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)

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
    draft = models.TextField(blank=True, editable=False)
    released_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("given back by"),
        related_name="+",
        null=True,
        editable=False,
    )
    created_at = models.DateTimeField(_("arrived"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name=_("created by"),
        related_name="+",
        null=True,
        editable=False,
    )

    history = records(
        TaskHistoryRow,
        excluded_fields=["draft"],
        # The audit trail finds them by queue, those of one task by `id`, of one person by `person`.
        no_db_index=["assignee", "released_by", "created_by", "reference"],
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
                condition=(
                    (Q(status__in=["pending", "on_hold", "cancelled"]) & NOBODYS)
                    | (Q(status="assigned") & HELD)
                    | (Q(status="completed") & DONE)
                ),
                name="task_status_agrees",
            ),
            models.CheckConstraint(condition=~Q(reference=""), name="task_reference"),
        ]
        indexes: ClassVar = [
            # Ascending in the very order of work: one seek finds and locks a queue's next task.
            models.Index(fields=["queue", "status", *ORDER_OF_WORK], name="task_next"),
            models.Index(fields=["status", "assigned_at"], name="task_not_started"),
            models.Index(fields=["status", "raise_at"], name="task_raise"),
            models.Index(fields=["assignee", "completed_at"], name="task_done"),
            # What came and what was done in a span of time, by queue, read in the index alone.
            # None of the rest but `task_due` moves when a task is handed out.
            models.Index(fields=["created_at", "queue"], name="task_came"),
            models.Index(fields=["completed_at", "queue"], name="task_went"),
            # Filters of the task list (`qc.admin.task_orders`): what is late, or in time, by due;
            # what of a queue was completed, the last first; what is of one queue, or priority,
            # newest first.
            models.Index(fields=["status", "due_at"], name="task_due"),
            models.Index(fields=["queue", "completed_at"], name="task_completed_in_queue"),
            models.Index(fields=["queue", "id"], name="task_of_queue"),
            models.Index(fields=["priority", "id"], name="task_of_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name}"

    @property
    def is_late(self) -> bool:
        """Whether it is past due and still not done."""
        live = self.status in (Status.PENDING, Status.ASSIGNED, Status.ON_HOLD)
        return live and self.due_at < timezone.now()

    def arrive(self, now: datetime) -> None:
        """Fills what the sender left out: due is arrival plus the queue's target.

        Also says when the sweep must first raise its priority: when it is past due.
        """
        self.due_at = self.due_at or self.queue.due_at(now)
        self.plan_raise()

    def plan_raise(self) -> None:
        """Sets when the sweep raises the priority next."""
        self.raise_at = raised_at(self.priority, self.due_at)


class BulkChange(models.Model):
    """One arrow for many tasks, followed in batches; `qc.bulk` begins it and carries it on.

    `tasks` are their ids in the order in which they are changed, the first `position` of them are
    through. Whoever carries it on has it to themselves until `busy_until`.
    """

    arrow = models.CharField(max_length=10)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    tasks = models.JSONField()
    total = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    refusals = models.JSONField(default=list)
    busy_until = models.DateTimeField(null=True)
    is_stopped = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.arrow} {self.total}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be changed."""
        return self.is_stopped or self.position >= self.total
