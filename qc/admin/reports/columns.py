"""The columns of a report, and how their figures are said."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qc.core.wording import in_words
from qc.reports.report import Grouping, ReportRow


class Column(NamedTuple):
    """A column: its name in the address, its heading, its unit in a file, what it holds."""

    name: str
    heading: str
    unit: str
    value: Callable[[ReportRow], Any]


def words(value: Any) -> str:
    """Return a figure as people read it."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        return in_words(value)
    if isinstance(value, float):
        return _("%s %%") % number_format(plain(value), 1)
    return number_format(value, force_grouping=True)


def plain(value: Any) -> Any:
    """Return a figure as a file has it: a time in seconds, a share in percent."""
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 1)
    return round(100 * value, 1) if isinstance(value, float) else value


def columns(by: Grouping) -> list[Column]:
    """Return the columns: what a row is about, then its figures."""

    def name(row: ReportRow) -> Any:
        return row.key if by == Grouping.DAY and row.key else row.name

    return [
        Column("name", str(by.label).capitalize(), "", name),
        Column("done", _("Completed"), "", lambda row: row.done),
        Column("failed", _("Failed"), "", lambda row: row.failed),
        Column("share", _("Failed share"), "%", lambda row: row.failed_share),
        Column("handling", _("Handling, median"), "s", lambda row: row.handling.median),
        Column("handling90", _("Handling, 90th percentile"), "s", lambda row: row.handling.ninety),
        Column("waiting", _("Waiting, median"), "s", lambda row: row.waiting.median),
        Column("waiting90", _("Waiting, 90th percentile"), "s", lambda row: row.waiting.ninety),
        Column("released", _("Given back"), "", lambda row: row.released),
        Column("returned", _("Timed out"), "", lambda row: row.returned),
    ]
