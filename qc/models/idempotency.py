"""The keys by which callers make a request safe to repeat, with what was answered."""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from qc.models.fields import ExactField, OrderedJSONField

LONGEST = 255
LONGEST_TARGET = 200
# For so long a key is known.
KEPT_FOR = timedelta(hours=24)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    """Named reads of keys."""

    def expired(self) -> "IdempotencyKeyQuerySet":
        """Keys that are not known any more."""
        return self.filter(created_at__lt=oldest())


class IdempotencyKey(models.Model):
    """A key of one account: what it was sent with, and the answer; without one while it runs.

    `client` is the id of the account, `target` the method and the address, and `digest` is of what
    was sent. Its row is written in the transaction of the effect (`qc.api.v1.idempotency`).
    """

    # No foreign key: to check it, the database would wait for whoever has locked the person.
    client = models.BigIntegerField()
    key = ExactField(max_length=LONGEST)
    target = models.CharField(max_length=LONGEST_TARGET)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    headers = OrderedJSONField(default=dict)
    body = models.TextField(default="")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["client", "key"], name="idempotency_key"),)

    def __str__(self) -> str:
        return f"{self.target} {self.key}"

    @property
    def is_expired(self) -> bool:
        """Whether it is not known any more, and may be used anew."""
        return self.created_at < oldest()


def oldest() -> datetime:
    """Return since when keys are known."""
    return timezone.now() - KEPT_FOR
