"""The columns of an imported table, and what each of its cells may say."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from itertools import product, zip_longest
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE as UNPRINTABLE

from qc import tables
from qc.models import Priority, Queue, Task

NEEDED = ("reference", "name", "queue")
COLUMNS = (*NEEDED, "priority", "due_at", "instructions", "link")
# Exported for the reader, by names that no sender uses; they tell nothing when they come back.
STATE = ("qc_status", "qc_person", "qc_assigned_at", "qc_completed_at", "qc_outcome", "qc_notes")
# Before the name of a column of the sender's, and in a file only where it would be taken for ours.
DETAIL = "details: "

WORDS = {"urgent": 1, "high": 2, "normal": 3, "low": 4}
PRIORITIES = (
    WORDS | {str(p.value): p.value for p in Priority} | {p.name.lower(): p for p in Priority}
)
DAYS = ("%d.%m.%Y", "%d %b %Y", "%d %B %Y")
TIMES = ("", " %H:%M", " %H:%M:%S")
# A bare date means: some time that day.
END_OF_DAY = time(23, 59)
# A spreadsheet runs a cell that begins so.
RUNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is allowed there."""

    row: int
    column: str
    value: str
    message: str


def check(header: list[str], rows: list[tables.Row]) -> tuple[list[dict[str, Any]], list[Fault]]:
    """Gives each row's columns as a task keeps them, and everything that is wrong.

    A column that the file does not have, and a priority or due date left empty, is not told.
    """
    names = [_column(cell) for cell in header]
    if faults := list(_header_faults(names)):
        return [], faults
    queues = {queue.name.casefold(): queue for queue in Queue.objects.all()}
    seen: dict[str, int] = {}
    told = []
    for row in rows:
        values, wrong = _row(names, row, queues)
        faults += wrong
        if reference := values.get("reference"):
            first = seen.setdefault(reference, row.number)
            if first != row.number:
                message = _("It stands in row %d already; it must be unique.") % first
                faults.append(Fault(row.number, "reference", reference, message))
        told.append(values)
    return told, faults


def same(kept: Any, told: Any) -> bool:
    """Whether a file tells what a task keeps, as far as a table can tell it."""
    return _as_told(kept) == _as_told(told)


def heading(name: str) -> str:
    """Gives the heading of a column of the sender's, told apart from ours."""
    return name if _column(name) == DETAIL + name else DETAIL + name


def text_of(value: object) -> str:
    """Gives a value of `details` as a cell's text."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def escaped(text: str) -> str:
    """Gives a cell that a spreadsheet shows and does not run: a leading ' makes it text."""
    shown = UNPRINTABLE.sub("", text)
    return f"'{shown}" if _runs(shown) else shown


def unescaped(cell: str) -> str:
    """Gives what a cell says without the ' that made it text, with plain line ends."""
    text = cell[1:] if cell.startswith("'") and _runs(cell) else cell
    return text.replace("\r\n", "\n")


def _runs(text: str) -> bool:
    # What has an apostrophe of its own gets one more, so that it comes back with it.
    return text.lstrip("'").startswith(RUNS)


def _as_told(value: Any) -> Any:
    if isinstance(value, dict):
        texts = {name: _as_told(text_of(one)) for name, one in value.items()}
        return {name: text for name, text in texts.items() if text}
    if isinstance(value, str):
        return UNPRINTABLE.sub("", value).replace("\r\n", "\n").strip()
    return value


def _column(cell: str) -> str:
    """Gives which column a heading names: one of ours, or one of the sender's; "" is none."""
    name = unescaped(cell).strip()
    if name.lower() in COLUMNS + STATE:
        return name.lower()
    return name if not name or name.startswith(DETAIL) else DETAIL + name


def _header_faults(names: list[str]) -> Iterable[Fault]:
    for name in NEEDED:
        if name not in names:
            message = _("This column is missing. Needed are: %s.") % ", ".join(NEEDED)
            yield Fault(1, name, "", message)
    for name in dict.fromkeys(names):
        if name and names.count(name) > 1:
            shown = name.removeprefix(DETAIL)
            yield Fault(1, shown, shown, _("This column stands there twice."))


def _row(
    names: list[str], row: tables.Row, queues: dict[str, Queue]
) -> tuple[dict[str, Any], list[Fault]]:
    # Spreadsheets leave out the delimiters after a row's last cell: what is missing is empty.
    if faults := list(_stray_cells(names, row)):
        return {}, faults
    cells = dict(zip(names, map(unescaped, row.cells), strict=False))
    values: dict[str, Any] = {}
    for name in [one for one in COLUMNS if one in names]:
        cell = cells.get(name, "")
        try:
            values[name] = _value(name, cell, queues)
        except ValueError as refusal:
            faults.append(Fault(row.number, name, cell, str(refusal)))
    if any(name.startswith(DETAIL) for name in names):
        details = {name: cell for name, cell in cells.items() if name.startswith(DETAIL) and cell}
        values["details"] = {name.removeprefix(DETAIL): cell for name, cell in details.items()}
    return values, faults


def _stray_cells(names: list[str], row: tables.Row) -> Iterable[Fault]:
    for name, cell in zip_longest(names, row.cells, fillvalue=""):
        shown = name.removeprefix(DETAIL)
        if cell and not name:
            yield Fault(row.number, shown, cell, _("Row 1 names no column for this cell."))
        elif UNPRINTABLE.search(cell):
            message = _("It has characters that can't be shown. Please take them out.")
            yield Fault(row.number, shown, UNPRINTABLE.sub("�", cell), message)


def _value(name: str, cell: str, queues: dict[str, Queue]) -> Any:
    """Gives what a task keeps for a cell. Raises ValueError with what is allowed."""
    if name == "queue":
        return _queue(cell, queues)
    if name == "priority":
        return _priority(cell) if cell else None
    if name == "due_at":
        return _due(cell) if cell else None
    column = Task._meta.get_field(name)
    try:
        return column.clean(cell, None)  # type: ignore[union-attr]
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def _queue(cell: str, queues: dict[str, Queue]) -> Queue:
    if cell.casefold() not in queues:
        there = ", ".join(sorted(queue.name for queue in queues.values()))
        raise ValueError(_("There is no such queue; there are: %s.") % there)
    return queues[cell.casefold()]


def _priority(cell: str) -> Priority:
    if cell.lower() not in PRIORITIES:
        raise ValueError(_("It must be 1, 2, 3 or 4; or urgent, high, normal or low."))
    return Priority(PRIORITIES[cell.lower()])


def _due(cell: str) -> datetime:
    moment = _iso(cell) or _spelled(cell)
    # Some years are not the same everywhere: no database and no time zone has trouble with these.
    if moment is None or not 2000 <= moment.year < 9999:
        raise ValueError(
            _("It must be a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.")
        )
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _iso(cell: str) -> datetime | None:
    with suppress(ValueError):
        day = parse_date(cell)
        return datetime.combine(day, END_OF_DAY) if day else parse_datetime(cell)
    return None


def _spelled(cell: str) -> datetime | None:
    for day, clock in product(DAYS, TIMES):
        with suppress(ValueError):
            moment = datetime.strptime(cell, day + clock)  # noqa: DTZ007
            return moment if clock else datetime.combine(moment, END_OF_DAY)
    return None
