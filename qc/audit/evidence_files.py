"""Verifies that the files of checks are those whose digests are in the sealed events.

The seals say whether the events are as they were written; here each file is read and compared with
the event of its arrival. It takes as long as reading all of them: each night a part is read.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from qc.audit.picture_files import PictureVerification
from qc.audit.seals import verification_runs
from qc.audit.seals.violations import NO_SEAL, Violation
from qc.checks.evidence import storage
from qc.checks.evidence.actions import event_details
from qc.core.compiled_queries import LARGEST_ID
from qc.models import AuditEvent, EventKind, Evidence, Verification

logger = logging.getLogger(__name__)

BATCH = 200
# Each night one of so many parts is read.
NIGHTS = 30
# What the event of an arrival says of the row.
ARRIVAL_COLUMNS = ("evidence", "file", "sha256", "item", "defect", "task_id", "size")
KINDS = (EventKind.EVIDENCE_ADDED, EventKind.EVIDENCE_REMOVED)


class FileVerification:
    """Compares files with the events of their arrival and removal, or one part of them.

    The events are read from the newest to the oldest, so that it is known of each file whether it
    was removed before its arrival is reached; two bytes are kept for each file.
    """

    def __init__(self, part: int | None = None) -> None:
        self.part = part
        # What comes meanwhile is not looked at.
        self.newest = Evidence.objects.aggregate(newest=Max("pk"))["newest"] or 0
        self.removed = bytearray(self.newest + 1)
        self.arrived = bytearray(self.newest + 1)
        self.files = 0

    def find_violations(self, progress: Callable[[int], None] | None = None) -> Iterator[Violation]:
        """Yield what is wrong; `progress` gets the number of events of each batch."""
        for events in _batches():
            rows = Evidence.objects.in_bulk([_number(event) for event in events])
            for event in events:
                if what := self._of_event(event, rows.get(_number(event))):
                    yield _violation(what, event)
            if progress:
                progress(len(events))
        yield from self._without_event()

    def _of_event(self, event: AuditEvent, row: Evidence | None) -> str:
        """Return what is wrong with the file of an event; "" for nothing."""
        is_arrival = event.kind == EventKind.EVIDENCE_ADDED
        if row is None:
            return "file row deleted" if is_arrival else ""
        if row.pk > self.newest:
            return ""
        if not is_arrival:
            self.removed[row.pk] = True
            return ""
        self.arrived[row.pk] = True
        return self._compared(event, row)

    def _compared(self, event: AuditEvent, row: Evidence) -> str:
        is_removed = bool(self.removed[row.pk])
        if not _is_as_added(event, row) or (is_removed and row.removed_at is None):
            return "file row changed"
        if row.removed_at is not None:
            return "" if is_removed else "file removed"
        if self.part is not None and row.pk % NIGHTS != self.part:
            return ""
        self.files += 1
        return _compared_content(row, event.details.get("thumbnail_sha256"))

    def _without_event(self) -> Iterator[Violation]:
        """Yield rows that came by no event: these are never archived."""
        rows = Evidence.objects.filter(pk__lte=self.newest)
        for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
            if not self.arrived[pk]:
                yield Violation("file row inserted", NO_SEAL, row=pk)


def run(
    progress: Callable[[int], None] | None = None, *, part: int | None = None
) -> tuple[int, list[Violation]]:
    """Compare all files and pictures of plans, or one part; return how many, and what is wrong.

    It is recorded, but for a part in which nothing is wrong: an alarm lasts until all files are
    right again.
    """
    begun = timezone.now()
    verification, pictures = FileVerification(part), PictureVerification(part, NIGHTS)
    found = [*verification.find_violations(progress), *pictures.find_violations()]
    files = verification.files + pictures.files
    if found or part is None:
        record = Verification(begun_at=begun, first=NO_SEAL, last=NO_SEAL, is_rolling=True)
        record.upto, record.rows = verification_runs.verified_upto(), files
        if found:
            record.what, record.broken_row = found[0].what, found[0].row
        record.save()
    return files, found


def run_nightly() -> list[Violation]:
    """Compare the part of this night, and log what is wrong as an error."""
    files, found = run(part=timezone.now().toordinal() % NIGHTS)
    if found:
        named = "; ".join(map(str, found[: verification_runs.NAMED]))
        logger.error("verify: %d files are not as they were added: %s", len(found), named)
    else:
        logger.info("verify: %d files are as they were added, a part of all", files)
    return found


def last_run() -> datetime | None:
    """Return when all files were compared last; None if they never were."""
    runs = Verification.objects.filter(first=NO_SEAL, last=NO_SEAL, what="")
    newest = runs.order_by("-pk").first()
    return newest.ended_at if newest else None


def count_events() -> int:
    """Return how many events `run` reads."""
    return AuditEvent.objects.filter(kind__in=KINDS).count()


def _batches() -> Iterator[Sequence[AuditEvent]]:
    """Yield the events of files, the newest first, with few of them in memory at once."""
    events = AuditEvent.objects.filter(kind__in=KINDS).order_by("-pk")
    below = LARGEST_ID
    while some := list(events.filter(pk__lt=below)[:BATCH]):
        yield some
        below = some[-1].pk


def _number(event: AuditEvent) -> int | None:
    return event.details.get("evidence")


def _is_as_added(event: AuditEvent, row: Evidence) -> bool:
    """Return whether a row has the file, task, place and person of the event of its arrival."""
    kept = event_details(row) | {"task_id": row.task_id, "size": row.size}
    sealed = {name: event.details[name] for name in ARRIVAL_COLUMNS if name in event.details}
    return kept == sealed and row.added_by_id == event.history_user_id


def _violation(what: str, event: AuditEvent) -> Violation:
    name = f"{event.details.get('file', '')}, {event.details.get('task', '')}"
    return Violation(what, NO_SEAL, row=_number(event), name=name)


def _compared_content(row: Evidence, thumbnail: str | None) -> str:
    """Return what is wrong with a stored file, or with its thumbnail, whose digest this is."""
    digest = storage.digest_of(row.file)
    if digest != row.digest:
        return "file changed" if digest else "file missing"
    if not thumbnail:
        return ""
    found = storage.digest_of(row.thumbnail) if row.thumbnail else ""
    if not found:
        return "thumbnail missing"
    return "" if found == thumbnail else "thumbnail changed"
