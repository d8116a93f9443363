"""The chain of seals over the rows of history, and what came of verifying it.

A seal holds the digest of each of its rows and the hash of the seal before it; its own hash is
over all of that. Whoever changes a sealed row has to change its seal, and each seal after it.
"""

import hashlib
from typing import Any

from django.db import models
from django.utils import timezone

from qc.core.canonical_json import hashed, moment
from qc.core.id_spans import ids_of
from qc.core.request_id import current_request_id

# The hash before the first seal.
NOTHING = "0" * 64
DIGEST = 32


class Seal(models.Model):
    """A batch of rows of one table, sealed.

    `ids` are the spans of those rows' ids, `digests` theirs in that order. All ids beyond `above`
    up to `upto` have been looked at: one that is not among `ids` was not there then. If it came
    later, from a transaction that took long, a seal of its own has it (`is_late`). `newest` is
    the latest moment of any row of this table sealed so far.
    """

    # Two that seal at once both want the same number: only one gets it, the chain never forks.
    number = models.PositiveBigIntegerField(primary_key=True)
    table = models.CharField(max_length=10)
    # By name, so that columns that come later don't break it.
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
    # Whether the address outside has it: not part of what is sealed.
    is_posted = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        indexes = [  # noqa: RUF012
            models.Index(fields=["table", "is_late", "number"], name="seal_of_table"),
            models.Index(fields=["table", "newest"], name="seal_newest"),
            # Which of them looked at a row, read in the index alone.
            models.Index(fields=["table", "upto", "is_late"], name="seal_upto"),
            models.Index(fields=["is_posted", "number"], name="seal_to_post"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.table} {self.hash}"

    def content(self) -> dict[str, Any]:
        """Return what its hash is over: all it says, and the hash of the digests."""
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

    def right_hash(self) -> str:
        """Return the hash that it must have."""
        return hashed(self.content())

    def digest(self, pk: int) -> bytes | None:
        """Return the digest of one row; None if it is of another seal."""
        n = 0
        for first, last in self.ids:
            if first <= pk <= last:
                at = (n + pk - first) * DIGEST
                return bytes(self.digests[at : at + DIGEST])
            n += last - first + 1
        return None

    def hex_of(self, pk: int) -> str:
        """Return the digest of one of its rows in hexadecimal."""
        return (self.digest(pk) or b"").hex()

    def digest_of(self) -> dict[int, bytes]:
        """Return the digest of each row by its id."""
        whole = bytes(self.digests)
        return {pk: whole[n * DIGEST : (n + 1) * DIGEST] for n, pk in enumerate(ids_of(self.ids))}


class Verification(models.Model):
    """What came of verifying some seals, and the first breach that was found, if any.

    All up to the seal `upto` have been verified by it and by those before it. A rolling one took
    its turn among those. `request_id` is the job's, as in the log; "-" is a command's.
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
