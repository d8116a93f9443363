"""Imports of tasks from files. `qc.imports.actions` begins them, `qc.imports.runner` runs them.

The file is in the database too, in chunks: web and workers may be on machines that share no disk.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from qc.tables.formats import Format


class ImportState(models.TextChoices):
    """The states of an import."""

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
# In these states the file may be read in another way or confirmed, if nothing was written.
OPEN = (
    ImportState.MAPPING,
    ImportState.READY,
    ImportState.REFUSED,
    ImportState.STOPPED,
    ImportState.FAILED,
)
COUNTS = ("new", "changed", "unchanged", "left_alone", "refused")


class Import(models.Model):
    """A file of tasks, how it is read, and how far it was imported.

    `mapping` has the meaning of each column of `header` (`qc.imports.columns`), `samples` the
    values of the first rows; `chosen`, `reading` and `findings` are those of `qc.imports.reading`.
    Its texts are in the `language` and its times in the `time_zone` of who uploaded it; without
    one they are the site's. `position` counts the rows that are done, of `rows`: an estimate until
    all are read. `shown` has the first rows of each kind, for the page.

    Until `busy_until` only its `worker` may continue it. `starts` counts the starts without
    progress; the last was from row `began_from`, at `began_at`. Its history rows
    are those after `first_history`, up to `last_history`, that have its `request_id`.
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
    chosen = models.JSONField(default=dict, db_default={})
    reading = models.JSONField(default=dict, db_default={})
    findings = models.JSONField(default=dict, db_default={})

    by = models.ForeignKey("qc.User", models.PROTECT, null=True, related_name="+")
    undone_by = models.ForeignKey("qc.User", models.PROTECT, null=True, related_name="+")
    language = models.CharField(max_length=20)
    time_zone = models.CharField(max_length=50, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    file_deleted_at = models.DateTimeField(null=True)

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
        """The format of the file."""
        return Format(self.kind, self.encoding, self.delimiter)  # type: ignore[arg-type]

    @format.setter
    def format(self, format: Format) -> None:
        self.kind, self.encoding, self.delimiter = format.kind, format.encoding, format.delimiter

    @property
    def request_id(self) -> str:
        """The request id of its history rows."""
        return f"import-{self.pk}"

    @property
    def is_running(self) -> bool:
        """Whether a worker runs it, or should."""
        return self.state in RUNNING

    @property
    def waits(self) -> bool:
        """Whether it should run, and no worker has it."""
        is_held = self.worker and self.busy_until and self.busy_until > timezone.now()
        return self.is_running and not is_held

    @property
    def is_open(self) -> bool:
        """Whether it may still be read in another way or confirmed."""
        return self.state in OPEN and self.last_history is None and not self.file_deleted_at

    @property
    def file_kept(self) -> timedelta | None:
        """How long its file was kept; None if it still is."""
        deleted = self.file_deleted_at
        return None if deleted is None else deleted - self.created_at

    @property
    def good(self) -> int:
        """The number of rows that add or change a task."""
        return self.new + self.changed

    @property
    def has_written(self) -> bool:
        """Whether it added or changed tasks, and that can be undone."""
        written = self.last_history is not None and self.state != ImportState.UNDONE
        return written and not self.is_running and bool(self.good)

    def pace(self) -> tuple[float, timedelta] | None:
        """Return the rows per second, and the time left; None while nothing is known."""
        done = self.position - self.began_from
        if self.began_at is None or self.waits or done <= 0:
            return None
        rate = done / max((timezone.now() - self.began_at).total_seconds(), 0.1)
        return rate, timedelta(seconds=round(max(self.rows - self.position, 0) / rate))


class ImportChunk(models.Model):
    """A chunk of an import's file, or of its list of refused rows."""

    class Part(models.TextChoices):
        """The file that it is a chunk of."""

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
