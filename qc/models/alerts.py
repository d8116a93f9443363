"""Alerts: of what somebody outside is told, what holds now, and the messages about it."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, validate_email
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qc.core.localization import check_zone
from qc.models.queues import Queue

# The most late tasks that an alert can be set to: they are counted in the index, up to this number.
MOST_LATE = 1000
MOST_EMAILS = 20


class Cause(models.TextChoices):
    """What an alert can be about."""

    LATE = "late", _("late tasks")
    WAITING = "waiting", _("long waiting")
    NOBODY = "nobody", _("nobody there")
    SILENT = "silent", _("silent task")


class Alert(models.Model):
    """Whom to tell when something is wrong in a queue, or in any.

    Each cause that is left empty is not looked at. In quiet hours nothing is sent; what still holds
    afterwards is. The last three columns are for the pages and are not audited.
    """

    name = models.CharField(_("name"), max_length=100)
    queue = models.ForeignKey(
        Queue,
        models.PROTECT,
        verbose_name=_("queue"),
        related_name="alerts",
        null=True,
        blank=True,
        help_text=_("Left empty: all queues, each by itself."),
    )
    late_more_than = models.PositiveSmallIntegerField(
        _("late more than"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_LATE)],
        help_text=_("How many tasks may be past due, waiting or in work."),
    )
    waiting_longer_than = models.DurationField(
        _("waiting longer than"),
        null=True,
        blank=True,
        help_text=_("How long the oldest task may wait."),
    )
    nobody_there = models.BooleanField(
        _("nobody there"),
        default=False,
        help_text=_("Tasks wait, and nobody who serves the queue is signed in."),
    )
    silent_longer_than = models.DurationField(
        _("silent longer than"),
        null=True,
        blank=True,
        help_text=_("How long there may be no sign of life of whoever has started a task."),
    )
    emails = models.CharField(
        _("e-mail addresses"), max_length=1000, blank=True, help_text=_("One on each line.")
    )
    webhook = models.CharField(
        _("webhook of a chat"),
        max_length=500,
        blank=True,
        help_text=_("An incoming webhook of Slack, Teams or Mattermost."),
    )
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=50, validators=[check_zone], blank=True, default=""
    )
    digest_at = models.TimeField(
        _("digest at"),
        null=True,
        blank=True,
        help_text=_("When each morning a summary is sent; at one time for each address."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True, editable=False)
    last_failed_at = models.DateTimeField(_("last error"), null=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering: ClassVar = ["name", "pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def addresses(self) -> list[str]:
        """All addresses that it is sent to: e-mail addresses, and the webhook."""
        lines = (line.strip() for line in self.emails.splitlines())
        return list(dict.fromkeys(filter(None, (*lines, self.webhook))))

    @property
    def zone(self) -> tzinfo:
        """The time zone of its quiet hours and of its digest."""
        return ZoneInfo(self.time_zone) if self.time_zone else timezone.get_default_timezone()

    def is_quiet(self, now: datetime) -> bool:
        """Return whether a moment is in its quiet hours."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None:
            return False
        shown = now.astimezone(self.zone).time()
        return begin <= shown < end if begin < end else not end <= shown < begin

    def watches(self, queue: int) -> bool:
        """Return whether it is about this queue."""
        return self.queue_id in (None, queue)

    def clean(self) -> None:
        """Refuse an alert that says nothing, or says it to nobody."""
        super().clean()
        # Of two about one field the first is said.
        if errors := dict(reversed(list(self._faults()))):
            raise ValidationError(errors)

    def _faults(self) -> Iterator[tuple[str, str]]:
        emails = [one for one in self.addresses if one != self.webhook]
        for wrong in (one for one in emails if not _is_email(one)):
            yield "emails", gettext("“%(text)s” is no e-mail address.") % {"text": wrong}
        if len(emails) > MOST_EMAILS:
            yield "emails", gettext("Enter %(n)d addresses at most.") % {"n": MOST_EMAILS}
        if not self.addresses:
            yield "emails", gettext("Enter an e-mail address, or a webhook below.")
        causes = (self.late_more_than, self.waiting_longer_than, self.silent_longer_than)
        if not self.nobody_there and all(one is None for one in (*causes, self.digest_at)):
            yield "late_more_than", gettext("Choose at least one cause, or a digest.")
        if (self.quiet_from is None) != (self.quiet_until is None):
            yield "quiet_until", gettext("Enter both, or none.")
        elif self.quiet_from is not None and self.quiet_from == self.quiet_until:
            yield "quiet_until", gettext("Quiet hours can't end when they begin.")


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


class AlertIncident(models.Model):
    """A cause of which an alert has told, as long as it holds; `task` is 0 where it is of a queue.

    While it is there, nothing is sent about it again.
    """

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="incidents", db_index=False)
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="+", db_index=False)
    cause = models.CharField(max_length=10, choices=Cause)
    task = models.PositiveBigIntegerField(default=0)
    begun_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alert", "queue", "cause", "task"], name="alert_incident"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.queue_id} {self.task}"


class AlertMessage(models.Model):
    """A message to one address. `next_at` is when it is tried next, empty once it need not be.

    `key` is that of a digest: there is one for each address and day.
    """

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="messages")
    key = models.CharField(max_length=100, null=True, unique=True)
    address = models.CharField(max_length=500)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    next_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.subject
