"""Queues: kinds of work, and who gets tasks from which."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from qc.models.choices import Role
from qc.models.history import Records
from qc.models.people import User


class QueueQuerySet(models.QuerySet["Queue"]):
    """Named reads of queues."""

    def serving(self, person: User) -> "QueueQuerySet":
        """Queues from which this person gets tasks: those of them that are not paused."""
        return self.of(person).filter(is_paused=False)

    def of(self, person: User) -> "QueueQuerySet":
        """Queues that this person is on, or that are open to them, paused ones too.

        Open to all means open to QC staff: managers and auditors work only on queues they are on.
        """
        on_it = self.model.people.through.objects.filter(user=person, queue=OuterRef("pk"))
        qc_staff = User.groups.through.objects.filter(user=person, group__name=Role.QC_STAFF)
        return self.filter(Exists(on_it) | Q(open_to_all=True) & Exists(qc_staff))


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

    history = Records(m2m_fields=[people])
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
        """Return when a task that arrived at a moment is due, unless its sender says so."""
        return arrived + self.target
