"""Mentions: who is named in which comment on a task; the comments are rows of its history."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from qc.models.people import User
from qc.models.tasks import Task


class Mention(models.Model):
    """Somebody is named in a comment on a task: by its row of history, which has the text.

    `User.unread_mentions` counts those that the person has not read yet.
    """

    row = models.BigIntegerField()
    task = models.ForeignKey(Task, models.CASCADE, related_name="+")
    person = models.ForeignKey(User, models.PROTECT, related_name="mentions", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "row"], name="mention_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.row}"
