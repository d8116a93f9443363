"""Imports of tasks, from the file to its confirmation: receive, read, confirm, stop.

What takes long is only queued here: `qc.imports.runner` does it, for a small file in the same
request, for a large one in a worker.
"""

import os
from copy import copy
from dataclasses import replace
from datetime import timedelta
from itertools import chain, islice
from typing import BinaryIO
from unicodedata import normalize

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qc import permissions, tables
from qc.core.exceptions import InvalidTransition, NotAllowed
from qc.core.localization import for_the_record
from qc.imports import completion, heads, lease, memory, reading, storage
from qc.imports.choices import is_undecided
from qc.imports.columns import check_mapping, fingerprint
from qc.imports.completion import Completion
from qc.imports.reading import NOTHING_CHOSEN, Reading
from qc.imports.survey import Survey
from qc.models import AuditEvent, EventKind, Import, ImportState, User
from qc.models.imports import OPEN, RUNNING
from qc.tables import Format
from qc.tables.cells import Fault, unescaped

# How many faults programs and the console are shown.
MOST_FAULTS = 100
SAMPLES = 3
# What takes longer to unpack and read is left to a worker, however few its rows are.
MOST_IN_REQUEST = 16 * 1024 * 1024
LONGEST_SAMPLE = 60
# A file that nobody has confirmed for this long is deleted.
UNCONFIRMED = timedelta(days=1)


@transaction.atomic
def receive(
    file: BinaryIO, name: str, *, by: User | None, chosen: Reading = NOTHING_CHOSEN
) -> Import:
    """Store a file, and find out how to read it where that is not chosen.

    Its rows are checked later. Raises NotAllowed unless `by` is a manager (or None, a job),
    BadFile for what is no table.
    """
    if by is not None:
        permissions.check_manager(by)
    format = tables.detect(file)
    sha256, size = storage.checksum(file)
    name = os.path.basename(name)[-255:] or _nameless()
    here = {"language": get_language() or "", "time_zone": by.time_zone if by else ""}
    record = Import(file_name=name, sha256=sha256, size=size, by=by, **here)
    record.chosen = chosen.as_json()
    _read(record, file, format)
    record.save()
    storage.keep(record, file)
    return record


@transaction.atomic
def read_as(record: Import, chosen: Reading, mapping: list[str] | None = None) -> None:
    """Read the file again as chosen now, with this mapping or the one that fits."""
    _lock(record)
    record.chosen = chosen.as_json()
    with storage.opened(record) as file:
        _read(record, file, tables.detect(file), mapping)
    record.confirmed_at = None
    record.save()


def looked_at(record: Import, encoding: str) -> Import:
    """Return the import as it would be in one of its possible encodings, without saving it."""
    if encoding not in [one["name"] for one in reading.findings(record).encodings]:
        return record
    looked = copy(record)
    looked.chosen = replace(reading.chosen(record), encoding=encoding).as_json()
    with storage.opened(record) as file:
        _read(looked, file, tables.detect(file))
    return looked


def mapping_faults(record: Import) -> list[Fault]:
    """Return the faults of the mapping of columns."""
    if not record.header:
        return []
    completed = Completion(record.header, reading.of(record)).names
    return check_mapping(record.header, record.mapping, completed=completed)


def faults(record: Import, most: int = MOST_FAULTS) -> list[Fault]:
    """Return the first faults, at most `most`: of the mapping, or else of the rows."""
    return mapping_faults(record) or storage.faults(record, most)


@transaction.atomic
def confirm(record: Import, *, only_good: bool = False) -> None:
    """Confirm an import and queue it for a worker: all rows or none, or only the good ones.

    Raises InvalidTransition.
    """
    _lock(record)
    if mapping_faults(record) or is_undecided(record) or not record.header:
        raise InvalidTransition(_("The columns must be chosen first."))
    record.only_good, record.confirmed_at = only_good, timezone.now()
    record.state, record.error = ImportState.CHECKING, ""
    lease.enqueue(record)
    record.save()


def check_own(record: Import, by: User) -> None:
    """Raise NotAllowed for anybody but who has uploaded the file: nobody confirms another's."""
    if record.by_id != by.pk:
        raise NotAllowed(_("Only who has uploaded a file may begin its import."))


def stop(record: Import, *, by: User) -> None:
    """Stop a running import; the rows imported so far stay."""
    permissions.check_manager(by)
    stoppable = (ImportState.CHECKING, ImportState.WRITING)
    running = Import.objects.filter(pk=record.pk, state__in=stoppable)
    running.update(state=ImportState.STOPPED, finished_at=timezone.now())
    record.refresh_from_db()


def known(record: Import) -> Import | None:
    """Return the last completed import of a file with the same content, or None."""
    done = Import.objects.filter(sha256=record.sha256, state=ImportState.DONE)
    return done.exclude(pk=record.pk).select_related("by").order_by("-pk").first()


def delete_expired() -> int:
    """Delete files that were never confirmed; return how many."""
    old = Import.objects.filter(confirmed_at=None, created_at__lt=timezone.now() - UNCONFIRMED)
    return old.delete()[1].get("qc.Import", 0)


def delete_old_files() -> int:
    """Delete files once they were kept for QC_KEEP_IMPORT_FILES days; return how many.

    Their checksums and counts stay, and an event says that they went.
    """
    storage.delete_doubled()
    if not settings.QC_KEEP_IMPORT_FILES:
        return 0
    since = timezone.now() - timedelta(days=settings.QC_KEEP_IMPORT_FILES)
    old = Import.objects.filter(created_at__lt=since, file_deleted_at=None)
    settled = old.exclude(state__in=RUNNING).order_by("pk")
    return sum(map(_delete_file, settled.only("file_name", "sha256")))


@transaction.atomic
def _delete_file(record: Import) -> int:
    deleted = {"file_deleted_at": timezone.now(), "samples": [], "shown": {}}
    still = Import.objects.filter(pk=record.pk, file_deleted_at=None).exclude(state__in=RUNNING)
    if not still.update(**deleted):
        return 0
    storage.delete(record)
    what = {"import": record.pk, "file": record.file_name, "sha256": record.sha256}
    AuditEvent.objects.create(kind=EventKind.FILE_DELETED, details=what)
    return 1


def _lock(record: Import) -> None:
    """Lock and reload the record. Raises InvalidTransition when it is past its confirmation."""
    record.refresh_from_db(from_queryset=Import.objects.select_for_update())
    is_begun = record.state == ImportState.CHECKING and (record.worker or record.confirmed_at)
    is_settled = record.state not in (*OPEN, ImportState.CHECKING) or record.file_deleted_at
    if is_begun or is_settled or record.last_history is not None:
        raise InvalidTransition(_("This file is already imported, or is being imported now."))


def _read(record: Import, file: BinaryIO, format: Format, mapping: list[str] | None = None) -> None:
    """Read the first rows, and set what comes next: choosing columns, or the check."""
    record.format, record.error, record.state = format, "", ImportState.MAPPING
    record.header, record.mapping, record.samples = [], [], []
    record.reading, record.findings = {}, {}
    try:
        _read_head(record, file, format, mapping)
    except tables.BadFile as refusal:
        record.error, record.state = str(refusal), ImportState.FAILED
        record.header, record.mapping = [], []
        return
    check_again(record)


def check_again(record: Import) -> None:
    """Queue the check of an import, unless columns or anything else must be chosen first."""
    if mapping_faults(record) or is_undecided(record):
        record.state = ImportState.MAPPING
    else:
        record.state = ImportState.CHECKING
        lease.enqueue(record)


def _nameless() -> str:
    # It is part of what the history says.
    with for_the_record():
        return _("a file without a name")


def _read_head(record: Import, file: BinaryIO, format: Format, mapping: list[str] | None) -> None:
    """Find out how to read a file from its first rows. Raises BadFile."""
    chosen = reading.chosen(record)
    head = heads.find(file, format, chosen)
    record.format = head.format
    how = replace(
        chosen,
        encoding=head.format.encoding,
        delimiter=head.format.delimiter,
        sheet=head.sheet,
        header_row=head.header_row,
    )
    rows = tables.read(file, head.format, head.sheet, head.header_row)
    record.header = [normalize("NFC", heading) for heading in next(rows).cells]
    record.fingerprint = fingerprint(record.header)
    most = settings.QC_IMPORT_ROWS
    first = list(islice(rows, min(SAMPLES, most)))
    record.samples = [_samples(first, column) for column in range(len(record.header))]
    before = memory.confirmed_before(record)
    record.mapping = memory.mapping(record, before) if mapping is None else mapping
    how = completion.settle(record, how.over(memory.remembered(record, before)))
    survey = Survey(record.mapping, how)
    for row in chain(first, islice(rows, most - len(first))):
        survey.add(row)
    is_whole = next(rows, None) is None
    size = tables.unpacked_size(file, head.format, head.sheet)
    record.is_large = not is_whole or size > MOST_IN_REQUEST
    found = replace(
        survey.findings(heads.findings(head), is_whole=is_whole),
        keys=completion.unique_keys(record.header, survey.first),
        remembered=memory.whose(before),
    )
    record.findings, record.reading = found.as_json(), reading.decide(how, chosen, found).as_json()


def _samples(rows: list[tables.Row], column: int) -> list[str]:
    cells = (cell for row in rows for cell in row.cells[column : column + 1])
    return [unescaped(cell)[:LONGEST_SAMPLE] for cell in cells if cell]
