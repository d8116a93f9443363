"""Moves old history into archive files: written, verified by the seals, and only then deleted.

Each step leaves all as it was, or is carried on the next time: first the file is there, whole;
then a record and an event of the trail say which rows are in it; then these are deleted.
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
from qc.core.canonical_json import spans_of, within
from qc.core.context import current_channel, current_user
from qc.core.exceptions import Busy, InvalidTransition
from qc.history.registry import TABLES
from qc.models import Archive, ChangeKind, EventKind, Records, Seal, Status, Task

# So many seals at most are in one file.
SEALS = 50
BATCH = 1000
# Without these rows others could not be proven: whose names went, and what was archived.
ALWAYS_KEPT = (ChangeKind.ANONYMISED, EventKind.ARCHIVED)
OVER = (Status.COMPLETED, Status.CANCELLED)


def archive(folder: Path) -> Iterator[Archive]:
    """Archive all that is older than QC_KEEP_DAYS say; return each archive when its rows are gone.

    First carries on what a crash has interrupted. Raises InvalidTransition while the trail is not
    as it was sealed or a file is missing, Busy when somebody else archives, OSError.
    """
    if (violation := verification_runs.state().violation) is not None:
        said = {"breach": violation}
        raise InvalidTransition(
            _("The audit trail was changed after it was sealed: %(breach)s.") % said
        )
    with _alone_in(folder):
        for begun in Archive.objects.filter(removed_at=None).order_by("number"):
            _check(folder / begun.file, begun)
            yield _remove(begun)
        for table, days in settings.QC_KEEP_DAYS.items():
            for some in _at_once(_old_seals(table, days), SEALS) if days else ():
                yield _remove(_write(folder, dict(some)))


def _at_once(many: Iterable[Any], n: int) -> Iterator[list[Any]]:
    rest = iter(many)
    while some := list(islice(rest, n)):
        yield some


def _old_seals(table: str, days: int) -> Iterator[tuple[Seal, list[int]]]:
    """Return the seals of a table that are old and verified, each with its rows that may go."""
    before = timezone.now() - timedelta(days=days)
    seals = Seal.objects.filter(
        table=table, newest__lt=before, number__lte=verification_runs.verified_upto()
    )
    for number in seals.order_by("number").values_list("number", flat=True):
        seal = Seal.objects.get(number=number)
        if ids := _may_go(seal):
            yield seal, ids


def _may_go(seal: Seal) -> list[int]:
    """Return those rows of a seal that nothing needs any more.

    The last row of each object stays: it says how the object is, or that it was deleted, and go
    only when it is the only one left of something deleted. So do all rows of an unfinished task.
    """
    rows: QuerySet[Any] = TABLES[seal.table].objects.exclude(kind__in=ALWAYS_KEPT)
    if seal.table != "event":
        same = TABLES[seal.table].objects.filter(id=OuterRef("id"))
        is_not_last = Exists(same.filter(history_id__gt=OuterRef("history_id")))
        is_alone = ~Exists(same.exclude(history_id=OuterRef("history_id")))
        rows = rows.filter(is_not_last | Q(is_alone, history_type="-"))
    if seal.table == "task":
        rows = rows.exclude(Exists(Task.objects.filter(pk=OuterRef("id")).exclude(status__in=OVER)))
    sealed = set(within(seal.ids))
    near = rows.filter(history_id__range=(seal.ids[0][0], seal.ids[-1][1]))
    ids = near.order_by("history_id").values_list("history_id", flat=True)
    return [pk for pk in ids if pk in sealed]


def _write(folder: Path, going: Mapping[Seal, list[int]]) -> Archive:
    """Write and verifies a file of some seals, then the record and the event that tell of it."""
    last, seals = archived_rows.newest(), list(going)
    ids = sorted(pk for some in going.values() for pk in some)
    made = Archive(
        number=last.number + 1 if last else 1,
        table=seals[0].table,
        first_seal=seals[0].number,
        last_seal=seals[-1].number,
        ids=spans_of(ids),
        rows=len(ids),
        made_at=timezone.now(),
        by=current_user(),
        through=current_channel(),
    )
    made.file = f"{made.number:04}-{made.table}-{made.first_seal}-{made.last_seal}.jsonl"
    made.sha256 = archive_files.write(folder / made.file, seals)
    _check(folder / made.file, made)
    _record(made)
    return made


def _check(file: Path, made: Archive) -> None:
    if not file.exists():
        raise InvalidTransition(_("%s is missing: nothing was deleted.") % file)
    for violation in archive_files.find_violations(file, made):
        raise InvalidTransition(_("%(breach)s: nothing was deleted.") % {"breach": violation})


def _record(made: Archive) -> None:
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            events.record(
                EventKind.ARCHIVED,
                archive=made.number,
                record=made.hash,
                file=made.file,
                sha256=made.sha256,
                rows=made.rows,
            )
    except IntegrityError as error:
        raise Busy(_("Another process is archiving now.")) from error


def _remove(made: Archive) -> Archive:
    """Delete the rows of an archive, some at once; those that are gone already don't matter."""
    rows = TABLES[made.table]
    for ids in _at_once(within(made.ids), BATCH):
        with transaction.atomic():
            for field in getattr(rows, "_history_m2m_fields", ()):
                Records.m2m_models[field].objects.filter(history_id__in=ids).delete()
            rows.objects.filter(history_id__in=ids).delete()
    made.removed_at = timezone.now()
    made.save(update_fields=["removed_at"])
    return made


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Has a folder to itself. Raises Busy where another process has it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(_("Another process is archiving now.")) from error
        yield
