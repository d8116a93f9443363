"""Changes of many tasks, made in batches."""

from django.db import models
from django.utils import timezone

from qc.models.people import User


class BulkChange(models.Model):
    """One change of many tasks, made in batches by `qc.work.bulk_changes`.

    `transition` names it, and `values` are what it sets. `tasks` are their ids in the order of
    change, the first `position` of which are done. Until `busy_until` only one request may
    continue it.
    """

    transition = models.CharField(max_length=10, db_column="arrow")
    reason = models.CharField(max_length=500, blank=True)
    values = models.JSONField(default=dict)
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
        return f"{self.transition} {self.total}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be changed."""
        return self.is_stopped or self.position >= self.total

    @property
    def is_ended(self) -> bool:
        """Whether it is over, and no request still changes the last tasks of a step of it."""
        is_busy = self.busy_until is not None and self.busy_until > timezone.now()
        return self.is_over and not (self.is_stopped and is_busy)
