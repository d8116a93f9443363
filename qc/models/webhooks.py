"""Webhooks: the log of what happened to tasks, who is told of it, and each delivery."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.choices import Outcome
from qc.models.queues import Queue

LONGEST_ANSWER = 2000


class EventType(models.TextChoices):
    """What can have happened to a task, by the names that receivers know."""

    CREATED = "task.created", _("Created")
    CHANGED = "task.changed", _("Changed")
    ASSIGNED = "task.assigned", _("Assigned")
    CLAIMED = "task.claimed", _("Claimed")
    STARTED = "task.started", _("Started")
    COMPLETED = "task.completed", _("Completed")
    UNDONE = "task.completion_undone", _("Completion undone")
    CORRECTED = "task.corrected", _("Corrected")
    RELEASED = "task.released", _("Given back")
    RETURNED = "task.returned", _("Returned to queue")
    HELD = "task.held", _("Put on hold")
    RESUMED = "task.resumed", _("Resumed")
    CANCELLED = "task.cancelled", _("Cancelled")
    REOPENED = "task.reopened", _("Reopened")
    COMMENTED = "task.commented", _("Commented")
    DELETED = "task.deleted", _("Deleted")


# The type of a test, which no webhook can be limited to.
TEST = "test.ping"


class TaskEvent(models.Model):
    """An entry of the log of what happened to tasks: one for each row of a task's history.

    Ids rise in the order in which entries become visible, as those of history rows do not: whoever
    has read all up to one misses none. `queue` and `outcome` are those of the row.
    """

    row = models.PositiveBigIntegerField(unique=True)
    task = models.PositiveBigIntegerField()
    queue = models.PositiveBigIntegerField()
    type = models.CharField(max_length=30, choices=EventType)
    outcome = models.CharField(max_length=10, blank=True, default="")
    happened_at = models.DateTimeField()
    collected_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.type} {self.task}"

    @property
    def name(self) -> str:
        """The id that receivers know it by, another one also after a restore of the database."""
        return f"evt_{self.row}_{int(self.happened_at.timestamp())}"


class TaskEventLog(models.Model):
    """How far the log goes; its one row is the lock of whoever adds to it.

    `floor` is the newest history row that was there a minute or two ago, `far_floor` an hour or
    two ago: each is replaced by the next one. Entries up to `deleted_upto` are deleted.
    """

    floor = models.PositiveBigIntegerField(default=0)
    next_floor = models.PositiveBigIntegerField(default=0)
    floor_set_at = models.DateTimeField(default=timezone.now)
    far_floor = models.PositiveBigIntegerField(default=0)
    next_far_floor = models.PositiveBigIntegerField(default=0)
    far_floor_set_at = models.DateTimeField(default=timezone.now)
    searched_far_at = models.DateTimeField(default=timezone.now)
    collected_at = models.DateTimeField(default=timezone.now)
    deleted_upto = models.PositiveBigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"up to {self.next_floor}"


class Webhook(models.Model):
    """An address of another system that is told what happens to tasks.

    One that is limited to queues hears nothing once they are all deleted. Its secrets are encrypted
    (`qc.core.encryption`). While it is paused, events wait; what it was
    not told because it was switched off is not made up for. `upto` is the last event for which
    its deliveries are made, `next_at` when it is tried again after it failed. While a run for it
    waits for a worker, it is queued. The columns from `upto` on are for the jobs and pages, and are
    not audited.
    """

    name = models.CharField(_("name"), max_length=100)
    url = models.CharField(_("address"), max_length=500)
    types = models.JSONField(
        _("events"), default=list, blank=True, help_text=_("None chosen: all of them.")
    )
    outcomes = models.JSONField(
        _("outcomes"),
        default=list,
        blank=True,
        help_text=_("Only of tasks with one of these outcomes. None chosen: of all tasks."),
    )
    queues = models.ManyToManyField(
        Queue,
        verbose_name=_("queues"),
        related_name="webhooks",
        blank=True,
        help_text=_("None chosen: all queues."),
    )
    is_limited = models.BooleanField(default=False, editable=False)
    secret = models.TextField(_("secret"), editable=False)
    previous_secret = models.TextField(blank=True, default="", editable=False)
    previous_until = models.DateTimeField(_("old secret until"), null=True, editable=False)
    is_paused = models.BooleanField(_("paused"), default=False, editable=False)
    switched_off_at = models.DateTimeField(_("switched off"), null=True, editable=False)
    switched_off_why = models.CharField(max_length=300, blank=True, default="", editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    upto = models.PositiveBigIntegerField(default=0, editable=False)
    queued_until = models.DateTimeField(null=True, editable=False)
    busy_until = models.DateTimeField(null=True, editable=False)
    next_at = models.DateTimeField(_("next try"), null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_failed_at = models.DateTimeField(_("last error"), null=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["name", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        """Whether it is told of events now."""
        return not self.is_paused and self.switched_off_at is None

    def has_previous(self, now: datetime) -> bool:
        """Return whether its previous secret still signs, too."""
        return self.previous_until is not None and now < self.previous_until

    def wants(self, event: TaskEvent, queues: set[int]) -> bool:
        """Return whether it is to be told of an event; `queues` are the ids of its queues."""
        if self.is_limited and event.queue not in queues:
            return False
        chosen: list[tuple[Any, Any]] = [(self.types, event.type), (self.outcomes, event.outcome)]
        return all(not allowed or value in allowed for allowed, value in chosen)

    @property
    def outcome_names(self) -> list[str]:
        """The outcomes that it is limited to, in words."""
        return [str(Outcome(one).label) for one in self.outcomes]


class DeliveryState(models.TextChoices):
    """How far a delivery is."""

    PENDING = "pending", _("waiting")
    DONE = "done", _("delivered")
    FAILED = "failed", _("given up")
    DROPPED = "dropped", _("dropped")


class WebhookDelivery(models.Model):
    """A message to a webhook: of an event, or a test, which has neither event nor task.

    It is due at `next_at`. One that has to wait for an earlier delivery of its task has none, and
    one that has ended. `body` is empty until it is sent first; each attempt sends the same.
    `status`, `error`, `answer` and `seconds` are those of the last attempt.
    """

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, verbose_name=_("webhook"), related_name="deliveries"
    )
    event = models.PositiveBigIntegerField(null=True)
    row = models.PositiveBigIntegerField(null=True)
    task = models.PositiveBigIntegerField(null=True)
    message_id = models.CharField(_("message"), max_length=64)
    type = models.CharField(_("event"), max_length=30)
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState, default=DeliveryState.PENDING
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    next_at = models.DateTimeField(_("next try"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    tried_at = models.DateTimeField(_("last try"), null=True)
    seconds = models.FloatField(_("seconds"), null=True)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True, default="")
    answer = models.TextField(_("answer"), blank=True, default="")
    body = models.TextField(_("body"), blank=True, default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering: ClassVar = ["-pk"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["webhook", "event"], name="webhook_event_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["webhook", "next_at"], name="webhook_due"),
            models.Index(fields=["webhook", "task", "event"], name="webhook_task"),
            models.Index(fields=["webhook", "state"], name="webhook_state"),
            models.Index(fields=["webhook", "id"], name="webhook_log"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"
