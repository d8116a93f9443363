"""What was moved out of the history into archive files: a record for each of them."""

from typing import Any

from django.db import models

from qc.core.canonical_json import hashed, moment
from qc.core.context import Channel


class Archive(models.Model):
    """An archive file: which rows went into it, and are in the database no more.

    It has some seals of one table, from `first_seal` to `last_seal`, with all their rows; `ids` are
    the spans of those that went. An event of the trail says the same (`hash`): a record without
    its event was put there. `removed_at` is empty until all of them are gone.
    """

    # Two that archive at once both want the same number: only one gets it.
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
        """Return all that it says of what was archived."""
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
        """What its event says too."""
        return hashed(self.content())
