"""An empty file to fill in and import: headings only, with lists to choose from in a workbook."""

from tempfile import TemporaryFile
from typing import IO, Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from qc.exports import formats
from qc.imports.columns import COLUMNS, label
from qc.models import Priority, Queue
from qc.tables.cells import escaped

# Rows with lists to choose from.
ROWS = 10_000
WIDTH = 24
DAY_AND_TIME = "yyyy-mm-dd hh:mm"


def csv() -> bytes:
    """Return a CSV file with the headings, in the language of who asks for it."""
    return b"".join(formats.csv_lines([_headings()]))


def xlsx() -> IO[bytes]:
    """Return a workbook with the headings; queue and priority are chosen from lists in it."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = _("Tasks")
    sheet.append(_headings())
    sheet.freeze_panes = "A2"
    for at in range(1, len(COLUMNS) + 1):
        sheet.cell(1, at).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(at)].width = WIDTH
    _add_lists(book, sheet)
    file = TemporaryFile()  # noqa: SIM115 - closed when it is sent
    book.save(file)
    file.seek(0)
    return file


def _headings() -> list[str]:
    return [str(capfirst(label(name))) for name in COLUMNS]


def _add_lists(book: Workbook, sheet: Any) -> None:
    """Let queue and priority be chosen, from lists on a hidden sheet; take times as such."""
    lists: Any = book.create_sheet(_("Lists"))
    lists.sheet_state = "hidden"
    queues = [escaped(queue.name) for queue in Queue.objects.open()]
    choices = {"queue": queues, "priority": [str(one.label) for one in Priority]}
    for at, (name, values) in enumerate(choices.items(), start=1):
        for row, value in enumerate(values, start=1):
            lists.cell(row, at, value)
        column = get_column_letter(at)
        source = f"'{lists.title}'!${column}$1:${column}${max(len(values), 1)}"
        rule = DataValidation("list", formula1=source, allow_blank=True)
        rule.add(_cells(name))
        sheet.add_data_validation(rule)
    sheet.column_dimensions[_column("due_at")].number_format = DAY_AND_TIME


def _cells(name: str) -> str:
    return f"{_column(name)}2:{_column(name)}{ROWS}"


def _column(name: str) -> str:
    return get_column_letter(COLUMNS.index(name) + 1)
