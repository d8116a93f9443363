"""Carries imports on: checks all rows, then writes them batch by batch.

Each batch is committed together with the progress. After a worker was killed, another worker
continues after the last committed batch; existing references are not created again.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from django.db import IntegrityError, OperationalError
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import imports, tables
from qc.core.compiled_queries import Prepared
from qc.core.context import Channel, acting
from qc.core.exceptions import Busy, InvalidTransition, QCError
from qc.core.localization import localized
from qc.core.request_id import request_id
from qc.core.transactions import retrying
from qc.imports import leading_zeros, lease, reading, storage, undo, writer
from qc.imports.choices import is_undecided
from qc.imports.planner import plan
from qc.imports.preview import Seen, Summary
from qc.imports.reader import Batch, CheckedFile
from qc.imports.reading import NOTHING_CHOSEN, Reading, Undecided
from qc.imports.survey import Survey
from qc.models import Import, ImportState, Task, User
from qc.models.imports import COUNTS
from qc.tables.cells import Fault
from qc.work import actions, search

logger = logging.getLogger(__name__)

LAST_HISTORY = Prepared(lambda: Task.history.order_by("-history_id").values_list("history_id")[:1])
LAST_TASK = Prepared(lambda: Task.objects.order_by("-pk").values_list("pk")[:1])
# Seconds between attempts to start while another import is running.
PAUSE = 0.5


def import_file(  # noqa: PLR0913 - each is one of the ways to import
    file: BinaryIO,
    name: str,
    *,
    by: User | None,
    chosen: Reading = NOTHING_CHOSEN,
    only_good: bool = False,
    dry_run: bool = False,
) -> Import:
    """Import a file completely, or only check it (`dry_run`).

    With missing columns or choices nothing is imported, so that somebody can make them. Raises
    NotAllowed, and BadFile for what is no table.
    """
    record = imports.receive(file, name, by=by, chosen=chosen)
    if record.state == ImportState.FAILED:
        raise tables.BadFile(record.error)
    if record.is_running and not dry_run:
        imports.confirm(record, only_good=only_good)
    while record.is_running:
        if not carry_on(record.pk):
            # Another large import goes first, or a worker has acquired this one.
            time.sleep(PAUSE)
        record.refresh_from_db()
    return record


def carry_on(pk: int) -> bool:
    """Carry an import on to its end; return False if another worker does, or it does not run.

    Raises Busy or OperationalError when the database fails; it can be carried on later.
    """
    record = lease.acquire(pk)
    if record is None:
        return False
    by = record.undone_by if record.state == ImportState.UNDOING else record.by
    with (
        acting(Channel.IMPORT, by),
        request_id(record.request_id),
        localized(record.language, record.time_zone),
    ):
        last = LAST_TASK.rows()
        _run(record)
    # Of a large import the worker does it: it would take as long again.
    if not record.is_large:
        search.fill_new(max((pk for (pk,) in last), default=0))
    return True


def _run(record: Import) -> None:
    try:
        with CheckedFile(record) as file:
            while record.is_running:
                STEPS[record.state](record, file)
    except lease.LeaseLost:
        logger.info("import %d was stopped, or taken over by another", record.pk)
    except Busy:
        lease.release(record, counts=False)
        raise
    except OperationalError:
        lease.release(record)
        raise
    except QCError as refusal:
        lease.finish(record, ImportState.FAILED, error=str(refusal))
    except Exception:
        logger.exception("import %d failed", record.pk)
        error = _("Something went wrong. Details are in the log.")
        lease.finish(record, ImportState.FAILED, error=error)


def _check(record: Import, file: CheckedFile) -> None:
    """Check all rows, once it is known how to read them."""
    try:
        _check_rows(record, file)
    except Undecided:
        _look_at_all(record, file)


def _look_at_all(record: Import, file: CheckedFile) -> None:
    """Look at all rows of a large file, as its first ones have not said how to read it."""
    found = reading.findings(record)
    if found.is_whole:
        raise RuntimeError("All rows were looked at, but one is still undecided.")
    survey, looked_at = Survey(record.mapping, reading.of(record)), 0
    for rows in file.rows():
        for row in rows:
            survey.add(row)
        looked_at += len(rows)
        lease.save_progress(record, position=looked_at, rows=file.estimate(looked_at))
    found = survey.findings(found, is_whole=True)
    how = reading.decide(reading.of(record), reading.chosen(record), found)
    lease.save_progress(record, findings=found.as_json(), reading=how.as_json())
    if is_undecided(record):
        lease.save_progress(record, state=ImportState.MAPPING, confirmed_at=None, worker="")


def _check_rows(record: Import, file: CheckedFile) -> None:
    """Check all rows; of a small file, or for a preview, also plan what each would do."""
    storage.delete_refused(record)
    summary, seen = Summary(Import()), Seen()
    is_planned = record.confirmed_at is None or not record.is_large
    for batch in file.batches():
        storage.keep_refused(record, batch.refused)
        summary.counts["refused"] += len(batch.refused)
        seen.add(batch)
        if is_planned:
            planned = plan(batch.good, Task.objects.all())
            summary.add(planned)
            seen.zeros_lost += leading_zeros.count_lost(planned.new)
        lease.save_progress(record, position=batch.end, rows=file.estimate(batch.end))
    refused = summary.counts["refused"]
    found = seen.findings(reading.findings(record)).as_json()
    checked = {"rows": record.position, "findings": found, **summary.columns()}
    if record.confirmed_at is None:
        lease.finish(record, ImportState.READY, **checked)
    elif refused and (not record.only_good or refused == record.position):
        lease.finish(record, ImportState.REFUSED, **checked)
    else:
        _begin_to_write(record, found)


def _begin_to_write(record: Import, found: dict[str, Any]) -> None:
    nothing = dict.fromkeys(("starts", "position", "began_from", *COUNTS), 0)
    begun = {"state": ImportState.WRITING, "began_at": timezone.now(), "shown": {}}
    lease.save_progress(record, rows=record.position, findings=found, **nothing, **begun)


def _write(record: Import, file: CheckedFile) -> None:
    """Write the good rows: a small file in one piece, a large one batch by batch."""
    if not record.is_large:
        actions.hand_out_from(_retry_on_conflict(_write_all, record, file))
        return
    for batch in file.batches():
        if batch.end <= record.position:
            lease.save_progress(record)
        else:
            actions.hand_out_from(_retry_on_conflict(_write_batch, record, batch))
    lease.finish(record, ImportState.DONE)


def _retry_on_conflict(write: Callable[..., set[int]], *args: Any) -> set[int]:
    try:
        return write(*args)
    except IntegrityError:
        # Somebody else imported the same references meanwhile; now they exist.
        return write(*args)


@retrying
def _write_all(record: Import, file: CheckedFile) -> set[int]:
    # A rolled-back attempt has left its values in memory.
    record.refresh_from_db()
    queues = set().union(*(_write_batch(record, batch) for batch in file.batches()))
    lease.finish(record, ImportState.DONE)
    return queues


@retrying
def _write_batch(record: Import, batch: Batch) -> set[int]:
    """Write a batch and the progress; return the queues that have new work."""
    if batch.refused and not record.only_good:
        raise _not_valid_any_more(batch.refused[0].faults[0])
    if record.position == 0:
        storage.delete_refused(record)
    first = _last_history() if record.first_history is None else record.first_history
    written = writer.write(batch.good, record.file_name, by=record.by)
    storage.keep_refused(record, batch.refused)
    summary = Summary(record)
    summary.counts["refused"] += len(batch.refused)
    summary.add(written)
    progress = {"starts": 0, "first_history": first, "last_history": _last_history()}
    lease.save_progress(record, position=batch.end, **progress, **summary.columns())
    queues = {row.values["queue"].pk for row in written.new}
    return queues | {row.task.queue_id for row in written.changed}


def _not_valid_any_more(fault: Fault) -> InvalidTransition:
    return InvalidTransition(
        _("Row %(row)d was valid in the preview and is not any more: %(column)s: %(message)s")
        % vars(fault)
    )


def _last_history() -> int:
    return max((pk for (pk,) in LAST_HISTORY.rows()), default=0)


STEPS: dict[str, Callable[[Import, CheckedFile], None]] = {
    ImportState.CHECKING: _check,
    ImportState.WRITING: _write,
    ImportState.UNDOING: lambda record, _file: undo.undo(record),
}
