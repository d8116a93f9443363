"""Moves old history into archive files: written, verified by the seals, and only then deleted.

An interrupted step is either without effect or finished by the next run. First a whole file is
written; then a record and an event of the trail list its rows; then these are deleted.
"""

import fcntl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.audit.archive import files as archive_files
from qc.audit.seals import archived_rows, proofs, verification_runs
from qc.core.context import current_channel, current_user
from qc.core.exceptions import Busy, InvalidTransition
from qc.core.id_spans import ids_of, spans_of
from qc.history import events
from qc.history.registry import TABLES
from qc.models import Archive, ChangeKind, EventKind, Records, Seal, Task

# The most seals in one file.
SEALS = 50
# Rows found, and deleted, at once.
BATCH = 1000
# These prove other things: that a person was anonymised, where, what was archived, what plans say,
# and what is in files, whose rows stay as long.
ALWAYS_KEPT = (
    ChangeKind.ANONYMISED,
    EventKind.NAMES_REMOVED,
    EventKind.ARCHIVED,
    EventKind.PLAN_VERSION,
    EventKind.PICTURE_ADDED,
    EventKind.EVIDENCE_ADDED,
    EventKind.EVIDENCE_REMOVED,
)


def archive(folder: Path) -> Iterator[Archive]:
    """Archive what is older than QC_KEEP_DAYS; yield each archive when its rows are deleted.

    What a crash has interrupted is finished first. Raises InvalidTransition while the trail is
    not as it was sealed or a file is missing, Busy while another process archives, OSError.
    """
    if (violation := verification_runs.state().violation) is not None:
        raise InvalidTransition(
            _("The audit trail was changed after it was sealed: %(breach)s.")
            % {"breach": violation}
        )
    with _locked(folder):
        for interrupted in Archive.objects.filter(removed_at=None).order_by("number"):
            _check(folder / interrupted.file, interrupted)
            yield _remove(interrupted)
        for table, days in settings.QC_KEEP_DAYS.items():
            for removable in _batches(table, days) if days else ():
                yield _remove(_write(folder, removable))


def _batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _batches(table: str, days: int) -> Iterator[dict[Seal, list[int]]]:
    """Yield the removable rows of some old, verified seals of a table at a time, by their seals."""
    batch: dict[Seal, list[int]] = {}
    for pk, seal in _old_rows(table, days):
        if len(batch) == SEALS and seal not in batch:
            yield batch
            batch = {}
        batch.setdefault(seal, []).append(pk)
    if batch:
        yield batch


def _old_rows(table: str, days: int) -> Iterator[tuple[int, Seal]]:
    """Yield the id of each removable row of old, verified seals of a table, with its seal.

    Only the seals of such rows are read: those whose rows are archived already are not.
    """
    before, verified = timezone.now() - timedelta(days=days), verification_runs.verified_upto()
    old = Seal.objects.filter(table=table, newest__lt=before, number__lte=verified)
    upto = old.order_by("-newest", "-number").values_list("upto", flat=True).first() or 0
    above, rows = 0, _removable(table).filter(history_id__lte=upto).order_by("history_id")
    ids = rows.values_list("history_id", flat=True)
    while some := list(ids.filter(history_id__gt=above)[:BATCH]):
        for pk, seal in proofs.of_table(table, some):
            if seal.newest < before and seal.number <= verified:
                yield pk, seal
        above = some[-1]


def _removable(table: str) -> QuerySet[Any]:
    """Return the rows of a table that nothing needs any more.

    The last row of each object stays, as it has the object's state or says that it was deleted.
    The last row of a deleted object goes when no other row of it remains. All rows of an
    unfinished task stay.
    """
    rows: QuerySet[Any] = TABLES[table].objects.exclude(kind__in=ALWAYS_KEPT)
    if table != "event":
        same = TABLES[table].objects.filter(id=OuterRef("id"))
        is_not_last = Exists(same.filter(history_id__gt=OuterRef("history_id")))
        is_alone = ~Exists(same.exclude(history_id=OuterRef("history_id")))
        rows = rows.filter(is_not_last | Q(is_alone, history_type="-"))
    if table == "task":
        unfinished = Task.objects.filter(pk=OuterRef("id")).exclude(status__in=Task.FINISHED)
        rows = rows.exclude(Exists(unfinished))
    return rows


def _write(folder: Path, removable: Mapping[Seal, list[int]]) -> Archive:
    """Write and verify a file of some seals, then its record and its event."""
    newest, seals = archived_rows.newest(), sorted(removable, key=attrgetter("number"))
    number, first, last = newest.number + 1 if newest else 1, seals[0], seals[-1]
    ids = sorted(pk for some in removable.values() for pk in some)
    archive = Archive(
        number=number,
        table=first.table,
        first_seal=first.number,
        last_seal=last.number,
        file=f"{number:04}-{first.table}-{first.number}-{last.number}.jsonl",
        ids=spans_of(ids),
        rows=len(ids),
        made_at=timezone.now(),
        by=current_user(),
        through=current_channel(),
    )
    archive.sha256 = archive_files.write(folder / archive.file, seals)
    _check(folder / archive.file, archive)
    _record(archive)
    return archive


def _check(file: Path, archive: Archive) -> None:
    if not file.exists():
        raise InvalidTransition(_("%s is missing: nothing was deleted.") % file)
    for violation in archive_files.find_violations(file, archive):
        raise InvalidTransition(_("%(breach)s: nothing was deleted.") % {"breach": violation})


def _record(archive: Archive) -> None:
    try:
        with transaction.atomic():
            archive.save(force_insert=True)
            events.record(
                EventKind.ARCHIVED,
                archive=archive.number,
                record=archive.hash,
                file=archive.file,
                sha256=archive.sha256,
                rows=archive.rows,
            )
    except IntegrityError as error:
        raise _busy() from error


def _remove(archive: Archive) -> Archive:
    """Delete the rows of an archive; an interrupted run may have deleted some already."""
    rows = TABLES[archive.table]
    for ids in _batched(ids_of(archive.ids), BATCH):
        with transaction.atomic():
            for field in getattr(rows, "_history_m2m_fields", ()):
                Records.m2m_models[field].objects.filter(history_id__in=ids).delete()
            rows.objects.filter(history_id__in=ids).delete()
    archive.removed_at = timezone.now()
    archive.save(update_fields=["removed_at"])
    return archive


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder. Raises Busy where another one is in it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy() from error
        yield


def _busy() -> Busy:
    return Busy(_("Another process is archiving now."))
