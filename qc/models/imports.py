"""An import: a file of tasks, how it is read, and what became of it.

`qc.imports.actions` begins them and `qc.imports.runner` carries them on. The file itself stands in
the database too, in pieces: the web and the workers may be on machines that share no disk.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qc.tables.formats import Format


class ImportState(models.TextChoices):
    """Where an import is in its life."""

    MAPPING = "mapping", _("choose columns")
    CHECKING = "checking", _("being checked")
    READY = "ready", _("ready to import")
    WRITING = "writing", _("being imported")
    DONE = "done", _("imported")
    REFUSED = "refused", _("refused")
    STOPPED = "stopped", _("stopped")
    FAILED = "failed", pgettext_lazy("an import", "failed")
    UNDOING = "undoing", _("being undone")
    UNDONE = "undone", _("undone")


RUNNING = (ImportState.CHECKING, ImportState.WRITING, ImportState.UNDOING)
# What can still be read in another way, or be confirmed, if it has written nothing.
OPEN = (
    ImportState.MAPPING,
    ImportState.READY,
    ImportState.REFUSED,
    ImportState.STOPPED,
    ImportState.FAILED,
)
COUNTS = ("new", "changed", "unchanged", "left_alone", "refused")


class Import(models.Model):
    """A file of tasks, and what became of it.

    `mapping` says of each column of `header` what it is (`qc.imports.columns`), `samples` what its
    first rows have there. `position` is how many of its `rows` are through; until all are read,
    `rows` is an estimate. `shown` has the first of each kind of rows, for the page.

    Whoever carries it on is its `worker`, and has it to themselves until `busy_until`; it is their
    `starts`-th beginning without getting any further. They began at `began_at` from `began_from`.
    The history rows it wrote are those after `first_history`, up to `last_history`, that have its
    `request_id`.
    """

    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("size"))
    kind = models.CharField(max_length=10)
    encoding = models.CharField(max_length=20, blank=True, default="")
    delimiter = models.CharField(max_length=1, blank=True, default="")
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    fingerprint = models.CharField(max_length=64, blank=True, default="", db_index=True)
    is_large = models.BooleanField(default=False)

    by = models.ForeignKey("qc.User", models.PROTECT, null=True, related_name="+")
    undone_by = models.ForeignKey("qc.User", models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    state = models.CharField(
        _("status"), max_length=10, choices=ImportState, default=ImportState.MAPPING
    )
    only_good = models.BooleanField(default=False)
    error = models.TextField(blank=True, default="")
    rows = models.PositiveIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    left_alone = models.PositiveIntegerField(_("skipped"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    shown = models.JSONField(default=dict)

    worker = models.CharField(max_length=32, blank=True, default="")
    busy_until = models.DateTimeField(null=True)
    starts = models.PositiveSmallIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    began_from = models.PositiveIntegerField(default=0)
    first_history = models.PositiveBigIntegerField(null=True)
    last_history = models.PositiveBigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["state", "busy_until"], name="import_running")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def format(self) -> Format:
        """The form that the file is in."""
        return Format(self.kind, self.encoding, self.delimiter)  # type: ignore[arg-type]

    @format.setter
    def format(self, format: Format) -> None:
        self.kind, self.encoding, self.delimiter = format.kind, format.encoding, format.delimiter

    @property
    def request_id(self) -> str:
        """What its history rows are known by."""
        return f"import-{self.pk}"

    @property
    def is_running(self) -> bool:
        """Whether somebody carries it on, or should."""
        return self.state in RUNNING

    @property
    def waits(self) -> bool:
        """Whether it runs, and no worker has it."""
        is_held = self.worker and self.busy_until and self.busy_until > timezone.now()
        return self.is_running and not is_held

    @property
    def is_open(self) -> bool:
        """Whether it has written nothing, and may be read in another way or confirmed."""
        return self.state in OPEN and self.last_history is None

    @property
    def good(self) -> int:
        """How many rows would do something if the refused ones were left out."""
        return self.new + self.changed

    @property
    def has_written(self) -> bool:
        """Whether any task is there, or as it is, by this import."""
        written = self.last_history is not None and self.state != ImportState.UNDONE
        return written and not self.is_running and bool(self.good)

    def pace(self) -> tuple[float, timedelta] | None:
        """Return how many rows a second it does, and how long it still takes; None at first."""
        done = self.position - self.began_from
        if self.began_at is None or self.waits or done <= 0:
            return None
        rate = done / max((timezone.now() - self.began_at).total_seconds(), 0.1)
        return rate, timedelta(seconds=round(max(self.rows - self.position, 0) / rate))


class ImportChunk(models.Model):
    """A piece of what belongs to an import: of its file, or of its list of refused rows."""

    class Part(models.TextChoices):
        """What it is a piece of."""

        FILE = "file"
        REFUSED = "refused"

    of = models.ForeignKey(Import, models.CASCADE, related_name="chunks")
    part = models.CharField(max_length=10, choices=Part)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "part", "number"], name="import_chunk"),
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.number}"
