"""Export of tasks as CSV, XLSX and JSON, which an import reads again as unchanged.

Tasks are read some at a time by their ids, each once, and none that came after the export began.
Between two reads nothing is kept open in the database: who stops listening leaves nothing behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import IO, Any

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import exports
from qc.exports import NoTable
from qc.imports.columns import COLUMNS, STATE_COLUMNS, heading
from qc.imports.validation import as_imported
from qc.models import Priority, Task
from qc.tables.cells import UNPRINTABLE
from qc.tables.formats import MOST_COLUMNS

# So many tasks are looked at together.
WINDOW = 1000
MOST_DETAILS = MOST_COLUMNS - len(COLUMNS) - len(STATE_COLUMNS)
# Those of JSON: there the sender's own columns stand together, with their types.
NAMES = (*COLUMNS, "details", *STATE_COLUMNS)


@dataclass(frozen=True)
class Export:
    """What is exported: those `tasks` that are there by now; `zone` shows their moments."""

    tasks: QuerySet[Task]
    last: int
    zone: tzinfo

    def count(self) -> int:
        """Count the tasks."""
        return self.tasks.filter(pk__lte=self.last).count()

    def csv(self) -> Iterator[bytes]:
        """Return a CSV file in parts. Raises NoTable, before the first of them."""
        return exports.blocks(exports.csv_lines(self._table(self._details())))

    def xlsx(self) -> IO[bytes]:
        """Return an XLSX file, all of it text. Raises NoTable."""
        if self.count() >= exports.MOST_ROWS:
            raise exports.no_room()
        return exports.text_workbook(self._table(self._details()))

    def json(self) -> Iterator[bytes]:
        """Return a JSON file in parts: a list of objects, each in a line of its own."""
        told = (dict(zip(NAMES, _told(task), strict=True)) for task in self._all(self.tasks))
        return exports.blocks(exports.json_list(told))

    def _table(self, details: list[str]) -> Iterator[list[str]]:
        yield [*COLUMNS, *map(heading, details), *STATE_COLUMNS]
        for task in self._all(self.tasks):
            told = as_imported(task.details)
            cells = [told.get(name, "") for name in details]
            yield [*self._ours(task), *cells, *self._state(task)]

    def _details(self) -> list[str]:
        """Return the names of the sender's columns of all tasks, in the order they came up."""
        names: dict[str, None] = {}
        for details in self._all(self.tasks.values_list("details", "pk")):
            names |= dict.fromkeys(as_imported(details[0]))
            if len(names) > MOST_DETAILS:
                words = {"most": MOST_DETAILS}
                raise NoTable(
                    _(
                        "These tasks have more than %(most)d extra columns. Please filter by "
                        "queue, or choose JSON."
                    )
                    % words
                )
        return list(names)

    def _all(self, tasks: QuerySet[Any, Any]) -> Iterator[Any]:
        ids = Task.objects.filter(pk__lte=self.last).order_by("pk").values_list("pk", flat=True)
        begin = 0
        while begin < self.last:
            # Of all ids, not of those found: so each read is a short range of the primary key,
            # however many the filters find.
            end = next(iter(ids.filter(pk__gt=begin)[WINDOW - 1 : WINDOW]), self.last)
            yield from list(tasks.filter(pk__gt=begin, pk__lte=end).order_by("pk"))
            begin = end

    def _ours(self, task: Task) -> tuple[str, ...]:
        queue, priority = task.queue.name, Priority(task.priority).name
        due = self._moment(task.due_at)
        return task.reference, task.name, queue, priority, due, task.instructions, task.link

    def _state(self, task: Task) -> tuple[str, ...]:
        person = task.assignee.username if task.assignee else ""
        moments = (self._moment(task.assigned_at), self._moment(task.completed_at))
        return task.status, person, *moments, task.outcome, task.notes

    def _moment(self, moment: datetime | None) -> str:
        return moment.astimezone(self.zone).isoformat(" ") if moment else ""


def of(tasks: QuerySet[Task]) -> Export:
    """Return the export of these tasks, whatever their order."""
    last = Task.objects.aggregate(last=Max("pk"))["last"] or 0
    found = tasks.select_related("queue", "assignee").defer("draft")
    return Export(found, last, timezone.get_current_timezone())


def _told(task: Task) -> tuple[Any, ...]:
    """Return what JSON tells of a task, in the order of `NAMES`."""
    ours = (task.reference, _printable(task.name), task.queue.name, task.priority, task.due_at)
    person = task.assignee.username if task.assignee else None
    moments = (task.assigned_at, task.completed_at)
    state = (task.status, person, *moments, task.outcome, task.notes)
    return *ours, _printable(task.instructions), task.link, _named(task.details), *state


def _named(details: dict[str, Any]) -> dict[str, Any]:
    """Return the sender's columns by the names that a table has for them, with their types."""
    named = {as_imported(name): value for name, value in details.items()}
    return {name: _printable(value) for name, value in named.items() if name}


def _printable(value: Any) -> Any:
    """Return a text without what an import refuses, and all else as it is."""
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value
