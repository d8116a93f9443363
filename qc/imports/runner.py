"""Carries imports on: checks all rows, then writes them batch by batch.

Each batch is committed together with how far it came. So what a killed worker has left is carried
on by another from where it stood; nothing is lost or done twice, as a reference that is there is
not made again.
"""

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, BinaryIO

from django.db import IntegrityError, OperationalError
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from qc import imports, tables
from qc.core.context import Channel, acting
from qc.core.exceptions import Busy, InvalidTransition, QCError
from qc.core.request_id import request_id
from qc.core.transactions import retrying
from qc.imports import preview as import_preview
from qc.imports import storage as import_storage
from qc.imports import undo as import_undo
from qc.imports import writer as import_writer
from qc.imports.lease import Lost, hold, let_go, take
from qc.imports.planner import Plan, plan
from qc.imports.reader import Batch, Reading
from qc.models import Import, ImportState, Task, User
from qc.models.imports import COUNTS
from qc.work import actions

logger = logging.getLogger(__name__)

# Seconds until a program that waits for its turn looks again.
PAUSE = 0.5


def import_file(
    file: BinaryIO, name: str, *, by: User | None, only_good: bool = False, dry_run: bool = False
) -> Import:
    """Import a file from its beginning to its end, or say what importing it would do.

    Where columns are missing it is left for somebody to choose them. Raises NotAllowed, and BadFile
    for what is no table.
    """
    record = imports.receive(file, name, by=by)
    if record.state == ImportState.FAILED:
        raise tables.BadFile(record.error)
    if record.is_running and not dry_run:
        imports.confirm(record, only_good=only_good)
    while record.is_running:
        if not carry_on(record.pk):
            # Another large one goes first, or a worker was asked for this one.
            time.sleep(PAUSE)
        record.refresh_from_db()
    return record


def carry_on(pk: int) -> bool:
    """Do all that is due for an import; return False if another does, or nothing is due.

    Raises Busy or OperationalError when the database gives way; then it can be carried on.
    """
    record = take(pk)
    if record is None:
        return False
    with ExitStack() as told:
        by = record.undone_by if record.state == ImportState.UNDOING else record.by
        told.enter_context(acting(Channel.IMPORT, by))
        told.enter_context(request_id(record.request_id))
        told.enter_context(translation.override(record.language or None))
        reading = told.enter_context(Reading(record))
        try:
            while record.is_running:
                STEPS[record.state](record, reading)
        except Lost:
            logger.info("import %d was stopped, or taken over by another", pk)
        except (Busy, OperationalError):
            let_go(record)
            raise
        except QCError as refusal:
            _end(record, ImportState.FAILED, error=str(refusal))
        except Exception:
            logger.exception("import %d failed", pk)
            _end(
                record, ImportState.FAILED, error=_("Something went wrong. Details are in the log.")
            )
    return True


def _check(record: Import, reading: Reading) -> None:
    """Check all rows; for a preview says what each would do, for what is confirmed goes on."""
    import_storage.forget_refused(record)
    counts, shown = dict.fromkeys(COUNTS, 0), dict[str, Any]()
    is_asked = record.confirmed_at is None or not record.is_large
    for batch in reading.batches():
        import_storage.keep_refused(record, batch.refused)
        counts["refused"] += len(batch.refused)
        if is_asked:
            _add(counts, shown, plan(batch.good, Task.objects.all()))
        hold(record, position=batch.end, rows=reading.estimate(batch.end))
    checked = {"rows": record.position, "shown": shown, **counts}
    if record.confirmed_at is None:
        _end(record, ImportState.READY, **checked)
    elif counts["refused"] and (not record.only_good or counts["refused"] == record.position):
        _end(record, ImportState.REFUSED, **checked)
    else:
        nothing = dict.fromkeys(("starts", "position", "began_from", *COUNTS), 0)
        begun = {"state": ImportState.WRITING, "began_at": timezone.now(), "shown": {}}
        hold(record, **checked | nothing | begun)


def _write(record: Import, reading: Reading) -> None:
    """Write the good rows: a small file in one piece, a large one batch by batch."""
    if not record.is_large:
        actions.hand_out_from(_retry_on_conflict(_write_all, record, reading))
        return
    for batch in reading.batches():
        if batch.end <= record.position:
            hold(record)
        else:
            actions.hand_out_from(_retry_on_conflict(_write_batch, record, batch))
    _end(record, ImportState.DONE)


def _retry_on_conflict(write: Any, *args: Any) -> set[int]:
    try:
        return set(write(*args))
    except IntegrityError:
        # Somebody else imported the same references meanwhile: now they are there.
        return set(write(*args))


@retrying
def _write_all(record: Import, reading: Reading) -> set[int]:
    # What an attempt has said of the record before it was rolled back.
    record.refresh_from_db()
    queues = set().union(*(_write_batch(record, batch) for batch in reading.batches()))
    _end(record, ImportState.DONE)
    return queues


@retrying
def _write_batch(record: Import, batch: Batch) -> set[int]:
    """Write a batch and how far it came; return the queues that have new work."""
    if batch.refused and not record.only_good:
        fault = batch.refused[0].faults[0]
        words = {"row": fault.row, "column": fault.column, "message": fault.message}
        raise InvalidTransition(
            _("Row %(row)d was valid in the preview and is not any more: %(column)s: %(message)s")
            % words
        )
    if record.position == 0:
        import_storage.forget_refused(record)
    first = _last_history() if record.first_history is None else record.first_history
    written = import_writer.write(batch.good, record.file_name, by=record.by)
    import_storage.keep_refused(record, batch.refused)
    counts = {name: getattr(record, name) for name in COUNTS}
    counts["refused"] += len(batch.refused)
    shown = {kind: list(rows) for kind, rows in record.shown.items()}
    _add(counts, shown, written)
    wrote = {"starts": 0, "first_history": first, "last_history": _last_history()}
    hold(record, position=batch.end, shown=shown, **counts, **wrote)
    queues = {row.values["queue"].pk for row in written.new}
    return queues | {one.task.queue_id for one in written.changed}


def _add(counts: dict[str, int], shown: dict[str, Any], planned: Plan) -> None:
    for kind in import_preview.KINDS:
        counts[kind] += len(getattr(planned, kind))
    import_preview.more(shown, planned)


def _last_history() -> int:
    return Task.history.aggregate(last=Max("history_id"))["last"] or 0


def _end(record: Import, state: str, **columns: Any) -> None:
    hold(record, state=state, finished_at=timezone.now(), worker="", **columns)


STEPS: dict[str, Callable[[Import, Reading], None]] = {
    ImportState.CHECKING: _check,
    ImportState.WRITING: _write,
    ImportState.UNDOING: lambda record, _reading: import_undo.undo(record),
}
