"""A report as a table: its columns, the order of its rows, and the links in its cells."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple
from urllib.parse import quote_plus, urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.admin.reports.columns import columns, plain, words
from qc.admin.reports.form import ReportForm
from qc.admin.shared.charts import LINES, Chart
from qc.models import Outcome
from qc.reports.reasons import OTHER
from qc.reports.report import Grouping, Report, ReportQuery, ReportRow

MOST_BARS = 30
# Stands for a row's key in the addresses that all rows share; no address escapes it.
KEY = "__key__"
LINK = '<a class="qc-link" href="{}">{}</a>'


class Heading(NamedTuple):
    """A column's heading, the address that sorts by it, and how it is sorted now."""

    text: str
    address: str
    sorted: str


class Cell(NamedTuple):
    """The text of a cell, and the address that it links to, if any."""

    text: str
    address: str = ""

    def shown(self) -> str:
        """Return what the page shows in the cell."""
        text = escape(self.text)
        return LINK.format(escape(self.address), text) if self.address else text


@dataclass
class ReportTable:
    """A report as it is shown and exported, with its form and its query."""

    form: ReportForm
    query: ReportQuery
    report: Report

    def __post_init__(self) -> None:
        self.columns = columns(self.query)
        usual = "name" if self.query.by == Grouping.DAY else "-done"
        known = {column.name for column in self.columns}
        sort = self.form.data.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in known else usual
        self.rows = self._sorted()

    @property
    def days(self) -> str:
        """The first and the last day."""
        ends = dict.fromkeys((self.query.first, self.query.last))
        return " – ".join(date_format(day, "j F Y") for day in ends)

    @property
    def headings(self) -> list[Heading]:
        """The headings; clicked again, one sorts the other way round."""
        return [Heading(one.heading, *self._sorting(one.name)) for one in self.columns]

    @property
    def lines(self) -> list[tuple[Cell, list[Cell]]]:
        """The rows, each with its name and its figures."""
        return [(self._name(row), self._figures(row)) for row in self.rows]

    @property
    def body(self) -> SafeString:
        """The rows as the page shows them."""
        return SafeString("\n".join(_line(name, figures) for name, figures in self.lines))

    @property
    def total(self) -> SafeString:
        """The figures of all rows together, as the page shows them."""
        return _cells(self._figures(self.report.total))

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why tasks were given back and how often, most frequent first and other reasons last."""
        counts = self.report.total.reasons
        other = str(OTHER)
        return sorted(counts.items(), key=lambda one: (one[0] == other, -one[1], one[0]))

    @property
    def sample(self) -> str:
        """A note on how many tasks the times are from; "" when they are from all."""
        if not self.report.is_sampled:
            return ""
        total = self.report.total
        ranked, done = (words(n) for n in (total.handling.number, total.done))
        text = _("The times are from a sample of %(ranked)s of %(done)s tasks.")
        return text % {"ranked": ranked, "done": done}

    @property
    def left_out(self) -> str:
        """A note on the rows that are not shown; "" when all are."""
        n = self.report.left_out
        text = ngettext(
            "%(n)s other value with fewer tasks is in the total only.",
            "%(n)s other values with fewer tasks are in the total only.",
            n,
        )
        return text % {"n": words(n)} if n else ""

    @cached_property
    def chart(self) -> Chart:
        """The completed tasks, passed and failed; days in order, other rows as in the table."""
        is_by_day = self.query.by == Grouping.DAY
        rows = sorted(self.rows, key=lambda row: row.name) if is_by_day else self.rows[:MOST_BARS]
        labels = [date_format(row.key, "j M") if is_by_day else row.name for row in rows]  # type: ignore[arg-type]
        parts = (
            (_("passed"), LINES[0], [row.done - row.failed for row in rows]),
            (_("failed"), LINES[1], [row.failed for row in rows]),
        )
        series = [
            {"label": label, "backgroundColor": color, "data": data, "maxBarThickness": 48}
            for label, color, data in parts
        ]
        return Chart("done", self._chart_title(rows), "bar", labels, series, is_stacked=True)

    def for_export(self) -> Iterator[Sequence[object]]:
        """Yield the rows of a file: times in seconds, shares in percent."""
        given_back = [reason for reason, _n in self.reasons]
        headings = [
            f"{one.heading} ({one.unit})" if one.unit else one.heading for one in self.columns
        ]
        yield headings + [_("Given back: %s") % reason for reason in given_back]
        for row in (*self.rows, self.report.total):
            figures = [plain(one.value(row)) for one in self.columns]
            yield figures + [row.reasons[reason] for reason in given_back]

    def _chart_title(self, rows: Sequence[ReportRow]) -> str:
        title = {
            Grouping.PERSON: _("Completed by each person"),
            Grouping.QUEUE: _("Completed in each queue"),
            Grouping.DAY: _("Completed each day"),
            Grouping.COLUMN: _("Completed by %(about)s") % {"about": self.query.column},
        }[self.query.by]
        left = len(self.rows) - len(rows)
        more = ngettext("%d more in the table", "%d more in the table", left) % left
        return f"{title} ({more})" if left else title

    def _sorted(self) -> list[ReportRow]:
        name, backwards = self.sort.removeprefix("-"), self.sort.startswith("-")
        value = next(column.value for column in self.columns if column.name == name)
        by_name = sorted(self.report.rows, key=lambda row: row.name.casefold())
        known = [row for row in by_name if value(row) is not None]
        unknown = [row for row in by_name if value(row) is None]
        return [*sorted(known, key=value, reverse=backwards), *unknown]

    def _sorting(self, name: str) -> tuple[str, str]:
        first, other = (name, f"-{name}") if name == "name" else (f"-{name}", name)
        order = {name: "ascending", f"-{name}": "descending"}.get(self.sort, "")
        return self.form.address(sort=other if self.sort == first else first), order

    def _name(self, row: ReportRow) -> Cell:
        """Return a row's name, linked to a report of it: of a day by person, else day by day."""
        if row.key is None or self.query.by == Grouping.COLUMN:
            return Cell(row.name)
        is_day = self.query.by == Grouping.DAY
        text = date_format(row.key, "D j M Y") if is_day else row.name  # type: ignore[arg-type]
        return Cell(text, self._report_of_key.replace(KEY, str(row.key)))

    def _figures(self, row: ReportRow) -> list[Cell]:
        cells = [Cell(words(one.value(row))) for one in self.columns[1:]]
        if row is not self.report.total and row.key is None:
            return cells
        if row.done:
            cells[0] = Cell(cells[0].text, self._address(row, ""))
        if row.failed:
            cells[1] = Cell(cells[1].text, self._address(row, Outcome.FAILED))
        return cells

    def _address(self, row: ReportRow, outcome: str) -> str:
        """Return the address of the list of a row's tasks, or of those with an outcome."""
        if row is self.report.total:
            return self._tasks(outcome)
        return self._tasks_of_key[outcome].replace(KEY, quote_plus(str(row.key)))

    @cached_property
    def _report_of_key(self) -> str:
        """The address of a report of the row with this `KEY`."""
        by = self.query.by.value
        if self.query.by == Grouping.DAY:
            params = {"by": Grouping.PERSON.value, "first": KEY, "last": KEY}
        else:
            params = {"by": Grouping.DAY.value, by: KEY}
        return self.form.address(sort="", **params)

    @cached_property
    def _tasks_of_key(self) -> dict[str, str]:
        return {outcome: self._tasks(outcome, KEY) for outcome in ("", Outcome.FAILED)}

    def _tasks(self, outcome: str, key: str = "") -> str:
        """Return the address of the list of the completed tasks of a row, without key of all."""
        query = self.query
        only: dict[str, int | str | None] = {"person": query.person, "queue": query.queue}
        is_day, is_column = query.by == Grouping.DAY, query.by == Grouping.COLUMN
        days = (key, key) if key and is_day else (query.first, query.last)
        if key and not is_day:
            only[query.by.value] = f"{query.column}={key}" if is_column else key
        filters = {
            "completed_at_from": days[0],
            "completed_at_to": days[1],
            "assignee__id__exact": only["person"],
            "queue__id__exact": only["queue"],
            "outcome__exact": outcome,
            "detail": only.get("column"),
        }
        params = urlencode({name: value for name, value in filters.items() if value})
        return f"{reverse('admin:qc_task_changelist')}?{params}"


def _line(name: Cell, figures: list[Cell]) -> str:
    return f'<tr><th scope="row">{name.shown()}</th>{_cells(figures)}</tr>'


def _cells(figures: list[Cell]) -> SafeString:
    return SafeString("".join(f"<td>{cell.shown()}</td>" for cell in figures))
