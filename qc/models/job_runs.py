"""The last run of each background job: when, for how long, with what result, and what failed."""

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobRun(models.Model):
    """The last run of a job, by its name: "sweep", "seal" …

    `ended_at`, `seconds`, `counts`, `failures` and `error` are those of the last run that ended;
    `begun_at` may be of one that is under way. `failures` names what it could not do, and what an
    earlier one could not and it did not try again; `n_failures` counts its own. `error` is why the
    whole run ended early. The last three columns count since the job ran first.

    It is no history: of each job there is one row.
    """

    name = models.CharField(max_length=40, primary_key=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    counts = models.JSONField(default=dict)
    failures = models.JSONField(default=list)
    n_failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    runs = models.PositiveBigIntegerField(default=0)
    failed_runs = models.PositiveBigIntegerField(default=0)
    failed_items = models.PositiveBigIntegerField(default=0)

    class Meta:
        # Superusers have it; it can be granted to others, who then see the status page.
        default_permissions: ClassVar = ("view",)
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")

    def __str__(self) -> str:
        return self.name

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, or never ended."""
        return self.ended_at is None or self.begun_at > self.ended_at

    def age(self, now: datetime) -> float | None:
        """Return how many seconds ago a run last ended well; None if none has.

        A moment in the future, from before a clock was set back, is as old as it is far away.
        """
        if self.succeeded_at is None:
            return None
        return abs((now - self.succeeded_at).total_seconds())

    @property
    def changed(self) -> dict[str, Any]:
        """What the last run changed, without what it did not."""
        return {what: n for what, n in self.counts.items() if n}
