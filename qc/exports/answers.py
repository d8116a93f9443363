"""Export of the checks of a queue with their answers, as CSV, XLSX and JSON: a row for each check.

A table has a column for each item of the plan versions that these checks were made by, named by
the item's key. Checks are read in batches in the order of their completion, by index, and none
that was completed after the export began.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.checks import findings, plan
from qc.core.localization import local
from qc.exports import formats
from qc.models import Outcome, Purpose, Task
from qc.reports.span import Span
from qc.tables.formats import MOST_COLUMNS

# Checks read per query.
WINDOW = 1000
# The columns of a table before those of the items; they are the keys in JSON, too.
COLUMNS = (
    "reference",
    "queue",
    "person",
    "completed_at",
    "purpose",
    "outcome",
    "score",
    "lot_size",
    "inspected",
    "rejected",
    "defects",
)


class AnswersExport:
    """The checks that were completed in a span until now; moments are in the current time zone."""

    def __init__(self, span: Span) -> None:
        done = span.narrow(Task.objects.filter(completed_at__lte=timezone.now()))
        self.tasks = done.select_related("queue", "assignee", "plan").defer("draft", "notes")
        self.versions = done.exclude(plan=None).values_list("plan", flat=True).distinct()
        self.zone = timezone.get_current_timezone()

    def count(self) -> int:
        """Count the checks."""
        return self.tasks.count()

    def csv(self) -> Iterator[bytes]:
        """Return a CSV file in parts. Raises NoTable before the first one."""
        return formats.blocks(formats.csv_lines(self._table(self._keys())))

    def xlsx(self) -> IO[bytes]:
        """Return an XLSX file, all of it text. Raises NoTable."""
        if self.count() >= formats.MOST_ROWS:
            raise formats.too_many_rows()
        return formats.text_workbook(self._table(self._keys()))

    def json(self) -> Iterator[bytes]:
        """Return a JSON file in parts: a list of objects with all that their checks found."""
        return formats.blocks(formats.json_list(_as_object(task) for task in self._all()))

    def _keys(self) -> list[str]:
        """Return the keys of the items of all plan versions, those of the newest first."""
        versions = sorted(self.versions, reverse=True)
        keys = dict.fromkeys(item.key for one in versions for item in plan.of_version(one).items)
        if len(keys) + len(COLUMNS) > MOST_COLUMNS:
            raise formats.NoTable(
                _("These checks have too many items for a table. Please choose JSON.")
            )
        return list(keys)

    def _table(self, keys: list[str]) -> Iterator[list[str]]:
        yield [*COLUMNS, *keys]
        for task in self._all():
            answers = (task.findings or {}).get("answers", {})
            values = [_cell(answers.get(key)) for key in keys]
            yield [self._text(value) for value in (*_values(task), *values)]

    def _text(self, value: Any) -> str:
        if isinstance(value, datetime):
            return local(value, self.zone).isoformat(" ")
        return "" if value is None else str(value)

    def _all(self) -> Iterator[Task]:
        tasks = self.tasks.order_by("completed_at", "pk")
        batch = list(tasks[:WINDOW])
        while batch:
            yield from batch
            last = batch[-1].completed_at
            later = Q(completed_at__gt=last) | Q(completed_at=last, pk__gt=batch[-1].pk)
            # The first condition is what the index is read by.
            batch = list(tasks.filter(later, completed_at__gte=last)[:WINDOW])


def _cell(answer: Mapping[str, str] | None) -> str:
    """Return an answer as it stands in a table; of some the verdict says all."""
    return (answer["value"] or answer["verdict"]) if answer else ""


def _values(task: Task) -> tuple[Any, ...]:
    """Return what a table has of a check, in the order of the columns."""
    found = task.findings or {}
    return (
        task.reference,
        task.queue.name,
        task.assignee and task.assignee.username,
        task.completed_at,
        Purpose(task.purpose).label,
        Outcome(task.outcome).label,
        found.get("score"),
        task.lot_size,
        task.inspected,
        task.rejected,
        "; ".join(map(findings.defect_words, found.get("defects", []))),
    )


def _as_object(task: Task) -> dict[str, Any]:
    """Return what JSON has of a check: values as they are stored, and all that it found."""
    values = dict(zip(COLUMNS, _values(task), strict=True))
    stored = {"purpose": task.purpose, "outcome": task.outcome}
    version = task.plan and task.plan.number
    empty: dict[str, Any] = {"answers": {}, "defects": [], "files": []}
    return values | stored | {"plan_version": version} | empty | (task.findings or {})
