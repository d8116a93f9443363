"""Handover: what a shift leaves to the next one, queue by queue, and who has read it."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.people import User
from qc.models.queues import Queue

LONGEST_NOTE = 2000


class HandoverNote(models.Model):
    """A note of a shift about a queue; it is never edited, its event in the trail has its text too.

    Its shift is the `day` on which it was written, in the time zone `zone` of who wrote it.
    """

    queue = models.ForeignKey(
        Queue, models.CASCADE, verbose_name=_("queue"), related_name="handover", db_index=False
    )
    day = models.DateField(_("day"))
    zone = models.CharField(_("time zone"), max_length=50)
    text = models.TextField(_("note"), max_length=LONGEST_NOTE)
    by = models.ForeignKey(User, models.PROTECT, verbose_name=_("written by"), related_name="+")
    at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["queue", "id"], name="handover_of_queue")]

    def __str__(self) -> str:
        return f"{self.queue} {self.day}"


class HandoverReading(models.Model):
    """Somebody has read a note, and says so by name."""

    note = models.ForeignKey(HandoverNote, models.CASCADE, related_name="readings", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "person"], name="handover_read_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.note}"
