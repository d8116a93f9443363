"""The chain of seals over the rows of history, and what came of verifying it.

A seal holds the digest of each of its rows and the hash of the seal before it; its own hash is
over all of that. Whoever changes a sealed row has to change its seal, and each seal after it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from qc.audit.seals.violations import TABLES, Breach
from qc.core.request_id import current_request_id

# The hash before the first seal.
NOTHING = "0" * 64
DIGEST = 32

Spans = list[list[int]]


def canonical(value: Any) -> str:
    """Writes a value as JSON in the one way in which it is hashed."""
    return ENCODE(value)


# Made once: `json.dumps` makes an encoder for each call that asks for something of its own.
ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def moment(when: datetime) -> str:
    """Writes a moment in the one way in which it is hashed: UTC, to the microsecond."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


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
        """Gives what its hash is over: all it says, and the hash of the digests."""
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
        """Gives the hash that it must have."""
        return hashed(self.content())

    @property
    def is_whole(self) -> bool:
        """Whether it is of a table there is, and has as many ids and digests as rows."""
        ids = sum(last - first + 1 for first, last in self.ids)
        return self.table in TABLES and ids == self.rows == len(self.digests) / DIGEST

    def digest(self, pk: int) -> bytes | None:
        """Gives the digest of one row; None if it is of another seal."""
        n = 0
        for first, last in self.ids:
            if first <= pk <= last:
                at = (n + pk - first) * DIGEST
                return bytes(self.digests[at : at + DIGEST])
            n += last - first + 1
        return None

    def hex_of(self, pk: int) -> str:
        """Gives the digest of one of its rows in hexadecimal."""
        return (self.digest(pk) or b"").hex()

    def digest_of(self) -> dict[int, bytes]:
        """Gives the digest of each row by its id."""
        whole = bytes(self.digests)
        return {pk: whole[n * DIGEST : (n + 1) * DIGEST] for n, pk in enumerate(within(self.ids))}


def hashed(content: dict[str, Any]) -> str:
    """Gives the hash of what a seal says."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def within(spans: Spans) -> Iterator[int]:
    """Gives all ids of some spans."""
    for first, last in spans:
        yield from range(first, last + 1)


def spans_of(ids: list[int]) -> Spans:
    """Gives the spans of some rising ids."""
    spans: Spans = []
    for pk in ids:
        if spans and spans[-1][1] == pk - 1:
            spans[-1][1] = pk
        else:
            spans.append([pk, pk])
    return spans


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

    @property
    def breach(self) -> Breach | None:
        """The first breach that was found."""
        if not self.what:
            return None
        return Breach(self.what, self.broken_seal or 0, self.broken_table, self.broken_row)
