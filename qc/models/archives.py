"""Archives: a record of each file that rows of history were moved to."""

from typing import Any

from django.db import models

from qc.core.canonical_json import hashed, moment
from qc.core.context import Channel


class Archive(models.Model):
    """An archive file, and the rows that were moved to it.

    It has some seals of one table, from `first_seal` to `last_seal`, with all their rows; `ids` are
    the spans of the rows that were moved. An event of the trail has the same `hash`: a record
    without its event is forged. `removed_at` is empty until all rows are gone from the database.
    """

    # Unique: of two runs at the same time only one can create an archive.
    number = models.PositiveBigIntegerField(primary_key=True)
    table = models.CharField(max_length=10)
    first_seal = models.PositiveBigIntegerField()
    last_seal = models.PositiveBigIntegerField()
    ids = models.JSONField()
    rows = models.PositiveIntegerField()
    file = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    by = models.ForeignKey("qc.User", models.PROTECT, related_name="+", null=True)
    through = models.CharField(max_length=10, choices=Channel)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [  # noqa: RUF012
            models.Index(fields=["table", "first_seal"], name="archive_of_table"),
        ]

    def __str__(self) -> str:
        return self.file

    def content(self) -> dict[str, Any]:
        """Return what is hashed."""
        return {
            "number": self.number,
            "table": self.table,
            "seals": [self.first_seal, self.last_seal],
            "ids": self.ids,
            "rows": self.rows,
            "file": self.file,
            "sha256": self.sha256,
            "made_at": moment(self.made_at),
            "by": self.by_id,
            "through": self.through,
        }

    @property
    def hash(self) -> str:
        """The hash of the record, which its event has too."""
        return hashed(self.content())
