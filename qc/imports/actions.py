"""Imports of tasks, from the file to its confirmation: receive, read, confirm, stop.

What takes long is only queued here: `qc.imports.runner` does it, for a small file in the same
request, for a large one in a worker.
"""

import os
from datetime import timedelta
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from qc import permissions, tables
from qc.core.exceptions import InvalidTransition
from qc.imports import lease, storage
from qc.imports.columns import check_mapping, fingerprint, guess
from qc.models import Import, ImportState, User
from qc.models.imports import OPEN
from qc.tables import Format
from qc.tables.cells import Fault, unescaped

# How many faults programs and the console are shown.
MOST_FAULTS = 100
SAMPLES = 3
LONGEST_SAMPLE = 60
# A file that nobody has confirmed for this long is deleted.
UNCONFIRMED = timedelta(days=1)


@transaction.atomic
def receive(file: BinaryIO, name: str, *, by: User | None) -> Import:
    """Store a file, and find out how to read it; its rows are checked later.

    Raises NotAllowed unless `by` is a manager (or None, a job), BadFile for what is no table.
    """
    if by is not None:
        permissions.check_manager(by)
    format = tables.detect(file)
    sha256, size = storage.checksum(file)
    name = os.path.basename(name)[-255:] or _("a file without a name")
    record = Import(file_name=name, sha256=sha256, size=size, by=by, language=get_language() or "")
    _read(record, file, format)
    record.save()
    storage.keep(record, file)
    return record


@transaction.atomic
def read_as(record: Import, format: Format, mapping: list[str] | None = None) -> None:
    """Read the file again in another format, with this mapping or the one that fits."""
    _lock(record)
    with storage.opened(record) as file:
        _read(record, file, format, mapping)
    record.confirmed_at = None
    record.save()


def mapping_faults(record: Import) -> list[Fault]:
    """Return the faults of the mapping of columns."""
    return check_mapping(record.header, record.mapping) if record.header else []


def faults(record: Import, most: int = MOST_FAULTS) -> list[Fault]:
    """Return the first faults, at most `most`: of the mapping, or else of the rows."""
    return mapping_faults(record) or storage.faults(record, most)


@transaction.atomic
def confirm(record: Import, *, only_good: bool = False) -> None:
    """Confirm an import and queue it for a worker: all rows or none, or only the good ones.

    Raises InvalidTransition.
    """
    _lock(record)
    if mapping_faults(record) or not record.header:
        raise InvalidTransition(_("The columns must be chosen first."))
    record.only_good, record.confirmed_at = only_good, timezone.now()
    record.state, record.error = ImportState.CHECKING, ""
    lease.enqueue(record)
    record.save()


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


def _lock(record: Import) -> None:
    """Lock and reload the record. Raises InvalidTransition when it is past its confirmation."""
    record.refresh_from_db(from_queryset=Import.objects.select_for_update())
    is_begun = record.state == ImportState.CHECKING and (record.worker or record.confirmed_at)
    is_settled = record.state not in (*OPEN, ImportState.CHECKING)
    if is_begun or is_settled or record.last_history is not None:
        raise InvalidTransition(_("This file is already imported, or is being imported now."))


def _read(record: Import, file: BinaryIO, format: Format, mapping: list[str] | None = None) -> None:
    """Read the first rows, and set what comes next: choosing columns, or the check."""
    record.format, record.error, record.state = format, "", ImportState.MAPPING
    record.header, record.mapping, record.samples = [], [], []
    try:
        _read_head(record, file)
    except tables.BadFile as refusal:
        record.error, record.state = str(refusal), ImportState.FAILED
        return
    record.mapping = mapping if mapping is not None else _fitting(record)
    if not mapping_faults(record):
        record.state = ImportState.CHECKING
        lease.enqueue(record)


def _read_head(record: Import, file: BinaryIO) -> None:
    most = settings.QC_IMPORT_ROWS
    rows = islice(tables.read(file, record.format), most + 2)
    record.header = next(rows).cells
    record.fingerprint = fingerprint(record.header)
    first = list(islice(rows, SAMPLES))
    record.samples = [_samples(first, column) for column in range(len(record.header))]
    record.is_large = len(first) + sum(1 for _row in rows) > most


def _samples(rows: list[tables.Row], column: int) -> list[str]:
    cells = (cell for row in rows for cell in row.cells[column : column + 1])
    return [unescaped(cell)[:LONGEST_SAMPLE] for cell in cells if cell]


def _fitting(record: Import) -> list[str]:
    """Return the mapping last confirmed for such a header, or else a guess."""
    confirmed = Import.objects.filter(fingerprint=record.fingerprint).exclude(confirmed_at=None)
    last = confirmed.order_by("-pk").values_list("mapping", flat=True).first()
    return guess(record.header) if last is None else list(last)
