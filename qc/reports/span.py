"""The days, and perhaps the queue, that a report is about."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from qc.core.local_days import day_of, within


@dataclass(frozen=True)
class Span:
    """Local days, both included, and perhaps one queue."""

    first: date
    last: date
    queue: int | None = None

    def narrow(self, rows: Any) -> Any:
        """Return those of some tasks, answers or defects that were completed in the span."""
        rows = rows.filter(within("completed_at", self.first, self.last)).order_by()
        return rows.filter(queue=self.queue) if self.queue else rows

    def day(self) -> Any:
        """Return the expression for the day on which one of them was completed."""
        return day_of("completed_at", self.first, self.last)
