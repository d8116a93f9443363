"""The columns of a report, and how figures look on the page and in files."""

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qc.core.wording import short_duration
from qc.reports.report import Grouping, ReportQuery, ReportRow


class ReportColumn(NamedTuple):
    """A column: its name in addresses, its heading, its unit in files, its value for a row."""

    name: str
    heading: str
    unit: str
    value: Callable[[ReportRow], Any]


def words(value: Any) -> str:
    """Return a figure as the page shows it."""
    if value is None:
        return "–"
    if isinstance(value, timedelta):
        return short_duration(value)
    if isinstance(value, float):
        return _("%s %%") % number_format(plain(value), 1)
    has_groups = not isinstance(value, int) or value >= 1000
    return number_format(value, force_grouping=True) if has_groups else str(value)


def plain(value: Any) -> Any:
    """Return a figure as a file has it: a time in seconds, a share in percent."""
    if isinstance(value, timedelta):
        return round(value.total_seconds(), 1)
    return round(100 * value, 1) if isinstance(value, float) else value


def columns(query: ReportQuery) -> list[ReportColumn]:
    """Return the columns: the subject of a row, then its figures."""
    by = query.by
    about = query.column or str(by.label).capitalize()
    figures = [
        ("done", _("Completed"), "", "done"),
        ("failed", _("Failed"), "", "failed"),
        ("share", _("Failed share"), "%", "failed_share"),
        ("handling", _("Handling, median"), "s", "handling.median"),
        ("handling90", _("Handling, 90th percentile"), "s", "handling.ninety"),
        ("waiting", _("Waiting, median"), "s", "waiting.median"),
        ("waiting90", _("Waiting, 90th percentile"), "s", "waiting.ninety"),
        ("released", _("Given back"), "", "released"),
        ("returned", _("Timed out"), "", "returned"),
    ]

    def subject(row: ReportRow) -> Any:
        return row.key if by == Grouping.DAY and row.key else row.name

    return [
        ReportColumn("name", about, "", subject),
        *(ReportColumn(*column[:3], attrgetter(column[3])) for column in figures),
    ]
