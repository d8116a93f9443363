"""Moves old history into archive files: written, verified by the seals, and only then deleted.

An interrupted step is either without effect or finished by the next run. First a whole file is
written; then a record and an event of the trail list its rows; then these are deleted.
"""

import fcntl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.audit import events
from qc.audit.archive import files as archive_files
from qc.audit.seals import archived_rows, verification_runs
from qc.core.context import current_channel, current_user
from qc.core.exceptions import Busy, InvalidTransition
from qc.core.id_spans import ids_of, spans_of
from qc.history.registry import TABLES
from qc.models import Archive, ChangeKind, EventKind, Records, Seal, Task

# The most seals in one file.
SEALS = 50
# Rows deleted at once.
BATCH = 1000
# These prove other rows: that a person was anonymised, and what was archived.
ALWAYS_KEPT = (ChangeKind.ANONYMISED, EventKind.ARCHIVED)


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
            for batch in _batched(_old_seals(table, days), SEALS) if days else ():
                yield _remove(_write(folder, dict(batch)))


def _batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _old_seals(table: str, days: int) -> Iterator[tuple[Seal, list[int]]]:
    """Yield the old, verified seals of a table, each with the ids of its removable rows."""
    before = timezone.now() - timedelta(days=days)
    seals = Seal.objects.filter(
        table=table, newest__lt=before, number__lte=verification_runs.verified_upto()
    )
    for number in seals.order_by("number").values_list("number", flat=True):
        seal = Seal.objects.get(number=number)
        if ids := _removable(seal):
            yield seal, ids


def _removable(seal: Seal) -> list[int]:
    """Return the ids of a seal's rows that nothing needs any more.

    The last row of each object stays, as it has the object's state or says that it was deleted.
    The last row of a deleted object goes when no other row of it remains. All rows of an
    unfinished task stay.
    """
    rows: QuerySet[Any] = TABLES[seal.table].objects.exclude(kind__in=ALWAYS_KEPT)
    if seal.table != "event":
        same = TABLES[seal.table].objects.filter(id=OuterRef("id"))
        is_not_last = Exists(same.filter(history_id__gt=OuterRef("history_id")))
        is_alone = ~Exists(same.exclude(history_id=OuterRef("history_id")))
        rows = rows.filter(is_not_last | Q(is_alone, history_type="-"))
    if seal.table == "task":
        unfinished = Task.objects.filter(pk=OuterRef("id")).exclude(status__in=Task.FINISHED)
        rows = rows.exclude(Exists(unfinished))
    sealed = set(ids_of(seal.ids))
    near = rows.filter(history_id__range=(seal.ids[0][0], seal.ids[-1][1]))
    ids = near.order_by("history_id").values_list("history_id", flat=True)
    return [pk for pk in ids if pk in sealed]


def _write(folder: Path, removable: Mapping[Seal, list[int]]) -> Archive:
    """Write and verify a file of some seals, then its record and its event."""
    newest, seals = archived_rows.newest(), list(removable)
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
