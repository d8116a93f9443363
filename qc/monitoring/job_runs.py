"""Records how each run of a background job went.

What can't be recorded is logged: no job fails for it.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from qc.core.exceptions import Busy
from qc.core.log_lines import log_fields
from qc.core.transactions import retrying
from qc.models import JobRun
from qc.work import faults
from qc.work.faults import Failure, Item, Outcome

logger = logging.getLogger(__name__)
# One line for each run, for whoever reads logs by program; at other levels than this, none.
runs_log = logging.getLogger("qc.jobs")

# The most failures of a run that are kept by name.
NAMED = 50
LONGEST_ERROR = 300
NO_ITEM = Item("")
# A row that failed and is not tried again is named for so long.
REMEMBERED = timedelta(hours=1)
# After so many periods without a sweep something is wrong.
PERIODS = 3


@dataclass
class Run:
    """A run under way; whoever runs the job puts in what it did."""

    counts: dict[str, int] = field(default_factory=Counter)


@contextmanager
def recording(name: str) -> Iterator[Run]:
    """Record a run of a job: begun, ended, how long, what it did and what failed."""
    with log_fields(job=name):
        yield from _recording(name)


def _recording(name: str) -> Iterator[Run]:
    run, begun, error = Run(), time.monotonic(), ""
    _try_to(_begin, name)
    try:
        with faults.collecting() as outcome:
            yield run
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"
        raise
    finally:
        seconds = time.monotonic() - begun
        _try_to(_end, name, run, seconds, outcome, error)
        figures = {"duration": round(seconds, 4), "failed": len(outcome.failures)}
        runs_log.info("%s ended", name, extra=figures | {"result": run.counts})


def late_after() -> int:
    """Return after how many seconds without a sweep something is wrong."""
    return PERIODS * int(settings.QC_SWEEP_SECONDS)


def _try_to(write: Any, *values: Any) -> None:
    try:
        write(*values)
    except Busy:
        # Another run is recorded at this very moment: the last one stands for both.
        logger.info("the run of %s is not recorded: another one is", values[0])
    except Exception as error:
        logger.warning("the run of %s can't be recorded: %s", values[0], error)


@retrying
def _begin(name: str) -> None:
    if _locked(name).first() is None:
        JobRun.objects.create(name=name, begun_at=timezone.now())
    else:
        JobRun.objects.filter(name=name).update(begun_at=timezone.now())


@retrying
def _end(name: str, run: Run, seconds: float, outcome: Outcome, error: str) -> None:
    now, n_failed = timezone.now(), len(outcome.failures)
    columns = dict[str, Any](error=error[:LONGEST_ERROR])
    if not error:
        columns |= {"succeeded_at": now, "counts": dict(run.counts or {})}
    before = _locked(name).get().failures
    JobRun.objects.filter(name=name).update(
        **columns,
        ended_at=now,
        seconds=seconds,
        failures=[*_kept(outcome.failures), *_not_tried_again(before, outcome, now)][:NAMED],
        n_failures=n_failed,
        runs=F("runs") + 1,
        failed_runs=F("failed_runs") + bool(error),
        failed_items=F("failed_items") + n_failed,
    )


def _locked(name: str) -> QuerySet[JobRun]:
    # Without waiting: a process that froze meanwhile must not hold up the sweeps of others.
    return JobRun.objects.select_for_update(nowait=True).filter(name=name)


def _kept(failures: list[Failure]) -> list[dict[str, Any]]:
    """Return failures as they are stored, each item once in each step."""
    by_name = {(one.step, one.item): one for one in failures}
    return [
        {
            "step": one.step,
            **(one.item or NO_ITEM)._asdict(),
            "error": one.error[:LONGEST_ERROR],
            "at": one.at.isoformat(),
        }
        for one in by_name.values()
    ]


def _not_tried_again(
    before: list[dict[str, Any]], outcome: Outcome, now: datetime
) -> list[dict[str, Any]]:
    """Return the failures of earlier runs that this run says nothing about."""
    again = {(one.step, one.item.pk) for one in outcome.failures if one.item}
    known = again | outcome.well
    since = (now - REMEMBERED).isoformat()
    return [
        one
        for one in before
        if one["pk"] is not None and (one["step"], one["pk"]) not in known and one["at"] > since
        # What could not be read is read again in each run.
        if one["step"] != faults.READING
    ]
