"""Who gave which task back: nobody gets a task by itself that they have given back."""

from typing import ClassVar

from django.db import models

from qc.models.people import User
from qc.models.tasks import Task


class HandBack(models.Model):
    """A person who gave a task back, or from whom a manager took it."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="hand_backs", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "person"], name="hand_back_once"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id} by {self.person_id}"
