"""Reports: what was completed in some days, how long it took and waited, what was given back.

The database does all the counting, in the same number of statements for ten people as for
thousands. It reads what was completed or given back in these days, by index. With more than
`MOST_RANKED` tasks, times come from an evenly spread sample.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, ExpressionWrapper, F, Q
from django.utils.translation import gettext_lazy as _

from qc.core.local_days import beginning, day_of, each, end, within
from qc.history.registry import ids_of_span
from qc.models import ChangeKind, Outcome, Queue, Task, User
from qc.models.tasks import detail
from qc.reports import reasons
from qc.reports.percentiles import NO_TIMES, Key, Times, times_of

MOST_RANKED = 100_000
# A column of the sender's may have another value in each task.
MOST_ROWS = 200
# So many of the newest tasks are read for the names of the sender's columns.
SAMPLE = 200
# A task is in the sample when its id times STRIDE, modulo CIRCLE, is low enough. That spreads ids
# evenly over the circle, whatever the steps between them are.
STRIDE, CIRCLE = 40_503, 65_536

# What a person did not finish: given back by them, or taken back from them by the scheduler.
GIVEN_BACK = (ChangeKind.RELEASED, ChangeKind.RETURNED)
TIMES = (("handling", "started_at", "completed_at"), ("waiting", "created_at", "assigned_at"))


class Grouping(models.TextChoices):
    """What a row of a report is about."""

    PERSON = "person", _("person")
    QUEUE = "queue", _("queue")
    DAY = "day", _("day")
    COLUMN = "column", _("column")


@dataclass
class ReportRow:
    """The figures of a person, a queue, a day or a value; `key` is its id or date, or the value.

    Handling is from start to completion, waiting from arrival to the assignment that led to it.
    Released and returned counts against the person who had the task. `reasons` has for each reason
    of the queues' lists how many tasks were given back for it.
    """

    key: Key
    name: str
    done: int = 0
    failed: int = 0
    released: int = 0
    returned: int = 0
    handling: Times = NO_TIMES
    waiting: Times = NO_TIMES
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def failed_share(self) -> float | None:
        """The share of the completed tasks that failed; None where none was completed."""
        return self.failed / self.done if self.done else None


@dataclass
class Report:
    """The rows of a report and their total; `left_out` is how many rows are not among them."""

    rows: list[ReportRow]
    total: ReportRow
    left_out: int = 0

    @property
    def is_sampled(self) -> bool:
        """Whether the times come from a sample."""
        return self.total.handling.number < self.total.done

    @property
    def is_empty(self) -> bool:
        """Whether nothing was completed or given back."""
        return not (self.total.done or self.total.released or self.total.returned)


@dataclass(frozen=True)
class ReportQuery:
    """What a report is about: days, both included, and perhaps one queue or one person."""

    by: Grouping
    first: date
    last: date
    queue: int | None = None
    person: int | None = None
    # The name of the sender's column that COLUMN is about.
    column: str = ""

    def done(self) -> Any:
        """Return the completed tasks, each with the key of its row as `about`."""
        tasks = Task.objects.filter(within("completed_at", self.first, self.last))
        return self._narrow(tasks, "assignee", "completed_at")

    def given_back(self) -> Any:
        """Return the history rows of tasks given back, or taken back by the scheduler."""
        rows = Task.history.filter(kind__in=GIVEN_BACK, history_type="~")
        days = within("history_date", self.first, self.last)
        ids = ids_of_span(rows.model, beginning(self.first), end(self.last))
        rows = rows.none() if ids is None else rows.filter(ids & days)
        return self._narrow(rows, "person", "history_date")

    def _narrow(self, rows: Any, person: str, moment: str) -> Any:
        filters = {person: self.person, "queue": self.queue}
        rows = rows.filter(**{name: pk for name, pk in filters.items() if pk}).order_by()
        day = day_of(moment, self.first, self.last)
        about = {
            Grouping.PERSON: F(person),
            Grouping.QUEUE: F("queue"),
            Grouping.DAY: day,
            Grouping.COLUMN: detail(self.column),
        }
        return rows.annotate(about=about[self.by])


def report(query: ReportQuery, *, most: int = MOST_RANKED) -> Report:
    """Make the report. With more than `most` tasks, times come from a sample of about `most`."""
    rows: dict[Key, ReportRow] = defaultdict(lambda: ReportRow(None, ""))
    total = ReportRow(None, str(_("Total")))
    if query.by == Grouping.DAY:
        rows |= {day: ReportRow(day, "") for day in each(query.first, query.last)}
    done, given_back = query.done(), query.given_back()
    _count(done, given_back, rows, total)
    if total.released:
        _count_reasons(given_back, reasons.listed(query.queue), rows, total)
    _time(_sample(done, total.done, most), rows, total, is_by_day=query.by == Grouping.DAY)
    for key, name in _names(query.by, rows).items():
        rows[key].key, rows[key].name = key, name
    return _bounded(query, list(rows.values()), total)


def columns(query: ReportQuery) -> list[str]:
    """Return the names of the sender's columns, as the newest of the completed tasks have them."""
    newest = query.done().order_by("-completed_at").values_list("details", flat=True)[:SAMPLE]
    return list(dict.fromkeys(name for details in newest for name in details))


def _bounded(query: ReportQuery, rows: list[ReportRow], total: ReportRow) -> Report:
    """Return the report; of the values of a column, those with the most tasks."""
    if query.by != Grouping.COLUMN or len(rows) <= MOST_ROWS:
        return Report(rows, total)
    rows.sort(key=lambda row: -row.done)
    return Report(rows[:MOST_ROWS], total, len(rows) - MOST_ROWS)


def _count(tasks: Any, given_back: Any, rows: dict[Key, ReportRow], total: ReportRow) -> None:
    failed = Count("pk", filter=Q(outcome=Outcome.FAILED))
    done = tasks.values("about").annotate(done=Count("pk"), failed=failed)
    released = Count("pk", filter=Q(kind=ChangeKind.RELEASED))
    # Not what people put back themselves, or a manager moved: nobody let that time pass.
    returned = Count("pk", filter=Q(kind=ChangeKind.RETURNED, history_user__isnull=True))
    left = given_back.values("about").annotate(released=released, returned=returned)
    for counts in (*done, *left):
        about = counts.pop("about")
        for name, n in counts.items():
            for row in (rows[about], total):
                setattr(row, name, getattr(row, name) + n)


def _count_reasons(
    given_back: Any, listed: Sequence[str], rows: dict[Key, ReportRow], total: ReportRow
) -> None:
    """Count why tasks were given back, where the queues have a list of reasons."""
    for about, reason, n in reasons.counted(given_back, listed) if listed else ():
        for row in (rows[about], total):
            row.reasons[reason] += n


def _sample(tasks: Any, n: int, most: int) -> Any:
    if n <= most:
        return tasks
    place = ExpressionWrapper(F("pk") * STRIDE % CIRCLE, output_field=models.BigIntegerField())
    return tasks.annotate(place=place).filter(place__lt=CIRCLE * most // n)


def _time(tasks: Any, rows: dict[Key, ReportRow], total: ReportRow, *, is_by_day: bool) -> None:
    took = {name: F(until) - F(since) for name, since, until in TIMES}
    found = times_of(tasks.annotate(**took), list(took), is_by_day=is_by_day)
    for name, times in found.items():
        setattr(total, name, times.total)
        for about, some in times.each.items():
            setattr(rows[about], name, some)


def _names(by: Grouping, keys: Iterable[Key]) -> dict[Key, str]:
    if by == Grouping.DAY:
        return {day: str(day) for day in keys}
    if by == Grouping.COLUMN:
        return {key: str(_("none") if key is None else key) for key in keys}
    model, name = (User, "username") if by == Grouping.PERSON else (Queue, "name")
    ids = [key for key in keys if key is not None]
    named = dict(model._default_manager.filter(pk__in=ids).values_list("pk", name))
    return {key: str(named.get(key, _("unknown"))) for key in keys}
