"""Export of tasks as CSV, XLSX and JSON; importing the file again changes nothing.

Tasks are read in batches by their ids, each once, and none that came after the export began.
Between two reads nothing is kept open in the database, so an interrupted download leaves nothing
behind.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.core.localization import local
from qc.exports import formats
from qc.imports.columns import COLUMNS, STATE_COLUMNS, heading
from qc.imports.validation import as_imported
from qc.models import Priority, Task
from qc.tables.cells import UNPRINTABLE
from qc.tables.formats import MOST_COLUMNS

# Tasks read per query.
WINDOW = 1000
MOST_DETAILS = MOST_COLUMNS - len(COLUMNS) - len(STATE_COLUMNS)
# The keys in JSON, where the sender's own columns are one object, with their types.
KEYS = (*COLUMNS, "details", *STATE_COLUMNS)


class Export:
    """The export of the tasks that exist now; tables have moments in the current time zone."""

    def __init__(self, tasks: QuerySet[Task]) -> None:
        self.tasks = tasks.select_related("queue", "assignee").defer("draft")
        self.last = Task.objects.aggregate(last=Max("pk"))["last"] or 0
        self.zone = timezone.get_current_timezone()

    def count(self) -> int:
        """Count the tasks."""
        return self.tasks.filter(pk__lte=self.last).count()

    def csv(self) -> Iterator[bytes]:
        """Return a CSV file in parts. Raises NoTable before the first one."""
        return formats.blocks(formats.csv_lines(self._table(self._details())))

    def xlsx(self) -> IO[bytes]:
        """Return an XLSX file, all of it text. Raises NoTable."""
        if self.count() >= formats.MOST_ROWS:
            raise formats.too_many_rows()
        return formats.text_workbook(self._table(self._details()))

    def json(self) -> Iterator[bytes]:
        """Return a JSON file in parts: a list of objects, each on a line of its own."""
        objects = (
            dict(zip(KEYS, _values(task, [_named(task.details)]), strict=True))
            for task in self._all(self.tasks)
        )
        return formats.blocks(formats.json_list(objects))

    def _table(self, details: list[str]) -> Iterator[list[str]]:
        yield [*COLUMNS, *map(heading, details), *STATE_COLUMNS]
        for task in self._all(self.tasks):
            texts = as_imported(task.details)
            yield list(map(self._text, _values(task, [texts.get(name) for name in details])))

    def _text(self, value: Any) -> str:
        """Return a value as it is written in a table."""
        if isinstance(value, datetime):
            return local(value, self.zone).isoformat(" ")
        if isinstance(value, Priority):
            return value.name
        if isinstance(value, dict):
            return formats.ENCODE(value)
        return "" if value is None else str(value)

    def _details(self) -> list[str]:
        """Return the names of the sender's columns of all tasks, in order of first use."""
        names: dict[str, None] = {}
        for details in self._all(self.tasks.values_list("details", "pk")):
            names |= dict.fromkeys(as_imported(details[0]))
            if len(names) > MOST_DETAILS:
                message = _(
                    "These tasks have more than %(most)d extra columns. Please filter by "
                    "queue, or choose JSON."
                )
                raise formats.NoTable(message % {"most": MOST_DETAILS})
        return list(names)

    def _all(self, tasks: QuerySet[Any, Any]) -> Iterator[Any]:
        ids = Task.objects.filter(pk__lte=self.last).order_by("pk").values_list("pk", flat=True)
        begin = 0
        while begin < self.last:
            # A window of all ids, not only of matching ones, so that each read is a short range
            # of the primary key.
            end = next(iter(ids.filter(pk__gt=begin)[WINDOW - 1 : WINDOW]), self.last)
            yield from list(tasks.filter(pk__gt=begin, pk__lte=end).order_by("pk"))
            begin = end


def _values(task: Task, details: list[Any]) -> tuple[Any, ...]:
    """Return what is exported of a task, in the order of the columns."""
    return (
        task.reference,
        _printable(task.name),
        task.queue.name,
        Priority(task.priority),
        task.due_at,
        _printable(task.instructions),
        task.link,
        task.lot_size,
        *details,
        task.status,
        task.assignee.username if task.assignee else None,
        task.assigned_at,
        task.completed_at,
        task.outcome,
        task.notes,
        task.inspected,
        task.rejected,
        task.findings,
    )


def _named(details: dict[str, Any]) -> dict[str, Any]:
    """Return the sender's columns by the names that a table has for them, with their types."""
    named = {as_imported(name): value for name, value in details.items()}
    return {name: _printable(value) for name, value in named.items() if name}


def _printable(value: Any) -> Any:
    """Return a text without the characters that an import refuses; other values unchanged."""
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value
