"""What was right at once: first-pass yield, rework share, and rejected per million.

All of them are of first inspections: a reinspection checks the same thing again. The database
counts those that were completed in some days, by index. Because the first completion counts, it
looks for those among them that were reopened, and reads their history.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum

from qc.models import ChangeKind, Outcome, Purpose, Task
from qc.reports.intervals import Rate
from qc.reports.span import Span

# MariaDB looks up each id of a list in the index only where there are fewer than 200; for more it
# guesses how many rows they have, and may read the whole table.
BATCH = 150


@dataclass(frozen=True)
class Rates:
    """The rates of some days: `rejected` is of units, the others of first inspections."""

    first_pass: Rate
    rework: Rate
    rejected: Rate


def rates(span: Span) -> Rates:
    """Return the rates of a span."""
    tasks = span.narrow(Task.objects.filter(purpose=Purpose.INSPECTION))
    failed = Q(outcome=Outcome.FAILED)
    counted = Q(inspected__isnull=False, rejected__isnull=False)
    counts = tasks.aggregate(
        tasks=Count("pk"),
        failed=Count("pk", filter=failed),
        units=Sum("inspected", filter=counted, default=0),
        bad=Sum("rejected", filter=counted, default=0),
    )
    passed = counts["tasks"] - counts["failed"] - _better_later(tasks.exclude(failed))
    return Rates(
        Rate(passed, counts["tasks"]),
        Rate(_reworked(tasks.filter(failed)), counts["tasks"]),
        Rate(counts["bad"], counts["units"]),
    )


def _better_later(tasks: Any) -> int:
    """Return how many of these tasks, which did not fail, had failed before they were reopened."""
    reopened = Task.history.filter(kind=ChangeKind.REOPENED, id=OuterRef("pk"))
    ids = tasks.filter(Exists(reopened)).values_list("pk", flat=True)
    return sum(map(_failed_first, _batches(ids)))


def _reworked(failed: Any) -> int:
    """Return how many of these tasks a rework follows from."""
    # By ids: as a subquery, MariaDB would read all tasks to find the reworks.
    reworks = Task.objects.filter(purpose=Purpose.REWORK)
    return sum(
        reworks.filter(origin__in=batch).aggregate(n=Count("origin", distinct=True))["n"]
        for batch in _batches(failed.values_list("pk", flat=True))
    )


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    found = list(ids)
    return (found[start : start + BATCH] for start in range(0, len(found), BATCH))


def _failed_first(ids: Iterable[int]) -> int:
    """Return how many of some tasks had failed when they were first reopened."""
    rows = Task.history.filter(id__in=ids).order_by("id", "history_id")
    first: dict[int, bool] = {}
    for before, after in pairwise(rows.values_list("id", "kind", "outcome")):
        if before[0] == after[0] and after[1] == ChangeKind.REOPENED and before[2]:
            first.setdefault(after[0], before[2] == Outcome.FAILED)
    return sum(first.values())
