"""A table of history at a moment: the last row of each object.

Dates decide which rows existed, as people ask for a moment. Ids decide which row of an object is
the last: each is written while the object is locked, so its ids rise in the order of events,
whatever the clocks of several machines say.
"""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, Max

from qc.history.registry import highest_id, lowest_id


class HistorySnapshot:
    """One table at one moment.

    `below`: all rows with smaller ids existed then; `upto`: no row after it did.
    """

    def __init__(self, table: Any, moment: datetime) -> None:
        self.rows, self.moment = table.objects.order_by(), moment
        self.below = lowest_id(table, "gt", moment) or BigIntegerField.MAX_BIGINT
        self.upto = highest_id(table, "lte", moment) or 0

    def last(self, *columns: str, **filters: Any) -> dict[tuple[Any, ...], int]:
        """Return the id of the last row for each combination of values in some columns.

        With an index of these columns each combination costs a few seeks, however many rows there
        are: every index ends in the row's id.
        """
        rows = self.rows.filter(**filters)
        below = rows.filter(history_id__lt=self.below).values_list(*columns)
        found = {tuple(key): pk for *key, pk in below.annotate(last=Max("history_id"))}
        if self.mixed:
            mixed = rows.filter(history_id__in=self.mixed).order_by("history_id")
            found |= {tuple(key): pk for *key, pk in mixed.values_list(*columns, "history_id")}
        return found

    def row(self, pk: int) -> Any:
        """Return the last row of one object, None if it had none."""
        return self.rows.filter(history_id__in=self.last("id", id=pk).values()).first()

    def since(self) -> Any:
        """Return the rows that were written after the moment."""
        return self.rows.filter(history_id__gte=self.below, history_date__gt=self.moment)

    @cached_property
    def mixed(self) -> list[int]:
        """The ids of rows from `below` to `upto` that existed then."""
        if self.upto < self.below:
            return []
        between = self.rows.filter(history_id__range=(self.below, self.upto))
        return list(between.filter(history_date__lte=self.moment).values_list("pk", flat=True))
