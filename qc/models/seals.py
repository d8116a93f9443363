"""The chain of seals over the rows of history, and the results of verifying it.

A seal has the digest of each of its rows and the hash of the seal before it; its own hash is of
all that. Whoever changes a sealed row must change its seal, and each seal after it.
"""

import hashlib
from typing import Any

from django.db import models
from django.utils import timezone

from qc.core.canonical_json import hashed, moment
from qc.core.id_spans import ids_of
from qc.core.request_id import current_request_id

# In place of the hash of a seal before the first.
GENESIS_HASH = "0" * 64
DIGEST = 32


class Seal(models.Model):
    """A sealed batch of rows of one table.

    `ids` are the spans of the rows' ids, `digests` their digests in that order. It looked at all
    ids above `above` up to `upto`: an id that is not among `ids` had no row yet. A row that came
    later, from a long transaction, is in another seal (`is_late`). `newest` is the latest moment of
    all rows of this table that are sealed so far.
    """

    # Unique: of two runs at the same time only one can seal, so the chain never forks.
    number = models.PositiveBigIntegerField(primary_key=True)
    table = models.CharField(max_length=10)
    # By name, so that a new column breaks no older seal.
    columns = models.JSONField()
    ids = models.JSONField()
    rows = models.PositiveIntegerField()
    above = models.BigIntegerField()
    upto = models.BigIntegerField()
    is_late = models.BooleanField(default=False)
    newest = models.DateTimeField()
    sealed_at = models.DateTimeField()
    digests = models.BinaryField()
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64, unique=True)
    # Whether the external address has a copy; not hashed.
    is_posted = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [  # noqa: RUF012
            models.Index(fields=["table", "is_late", "number"], name="seal_of_table"),
            models.Index(fields=["table", "newest"], name="seal_newest"),
            # Finds the seals that looked at a row, in the index alone.
            models.Index(fields=["table", "upto", "is_late"], name="seal_upto"),
            models.Index(fields=["is_posted", "number"], name="seal_to_post"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.table} {self.hash}"

    def content(self) -> dict[str, Any]:
        """Return what is hashed."""
        return {
            "number": self.number,
            "table": self.table,
            "columns": self.columns,
            "ids": self.ids,
            "rows": self.rows,
            "above": self.above,
            "upto": self.upto,
            "is_late": self.is_late,
            "newest": moment(self.newest),
            "sealed_at": moment(self.sealed_at),
            "digests": hashlib.sha256(self.digests).hexdigest(),
            "previous": self.previous,
        }

    def computed_hash(self) -> str:
        """Return the hash of its content, which `hash` must equal."""
        return hashed(self.content())

    def digest(self, pk: int) -> bytes | None:
        """Return the digest of a row; None if another seal has it."""
        n = 0
        for first, last in self.ids:
            if first <= pk <= last:
                at = (n + pk - first) * DIGEST
                return bytes(self.digests[at : at + DIGEST])
            n += last - first + 1
        return None

    def hex_of(self, pk: int) -> str:
        """Return the digest of a row in hexadecimal, or ""."""
        return (self.digest(pk) or b"").hex()

    def digests_by_id(self) -> dict[int, bytes]:
        """Return the digests of all rows, by id."""
        whole = bytes(self.digests)
        return {pk: whole[n * DIGEST : (n + 1) * DIGEST] for n, pk in enumerate(ids_of(self.ids))}


class Verification(models.Model):
    """The result of verifying some seals, with the first violation that was found, if any.

    This and earlier verifications cover all seals up to `upto`. A rolling one verifies some of
    those again. `request_id` is the job's, as in the log, or "-" for a command.
    """

    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(default=timezone.now)
    first = models.PositiveBigIntegerField()
    last = models.PositiveBigIntegerField()
    upto = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    is_rolling = models.BooleanField(default=False)
    request_id = models.CharField(max_length=64, default=current_request_id)
    what = models.CharField(max_length=20, default="")
    broken_seal = models.PositiveBigIntegerField(null=True)
    broken_table = models.CharField(max_length=10, default="")
    broken_row = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.first}–{self.last} {self.what}"


class VerificationRequest(models.Model):
    """A verification of the whole trail that somebody asked for, and how far it is.

    It takes the seals up to `last`, which have `total` rows; `done` of these are verified. Then the
    files of checks are read: how many there are is known at the end. One process works on it until
    `busy_until`. `found` names the first violations of all `violations`.
    """

    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey("qc.User", models.PROTECT, related_name="+")
    last = models.PositiveBigIntegerField()
    total = models.PositiveBigIntegerField()
    done = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    busy_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    violations = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"1–{self.last} {self.done}/{self.total}"

    @property
    def waits(self) -> bool:
        """Whether it has not ended, and no process works on it."""
        is_held = self.busy_until is not None and self.busy_until > timezone.now()
        return self.ended_at is None and not is_held
