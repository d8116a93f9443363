"""Files as people have them (tests/files): each is read for what it says, or refused in words."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from qc.imports.choices import open_choices
from qc.models import Import, ImportState, Queue, Task, User
from qc.tables import BadFile
from tests.imports import files
from tests.imports.files import faults

pytestmark = pytest.mark.django_db

FILES = Path(__file__).parent.parent / "files"
DUE = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
END_OF_DAY = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
AS_TABLE = "Please save the table as XLSX or CSV."
ANEW = "Please save it again."
MISSING = "This column is missing. Required columns: reference, name, queue."
OLD = (
    "This is an old Excel file (.xls), or one that is protected by a password. "
    "Please save it as XLSX, without a password, or as CSV."
)
MENDED = "The spreadsheet could not calculate this cell. Please fix it there."


def task(reference: str = "A-1", name: str = "Check", **columns: Any) -> dict[str, Any]:
    return {"reference": reference, "name": name} | columns


IMPORTED = {
    "as-exported.json": [
        task(
            name="=1+1",
            priority=2,
            due_at=DUE,
            details={"amount": "12.50", "Name": "Müller", "sizes": '["S", {"M": 1}]'},
        ),
        task("A-2", "'=x", priority=3, details={}),
    ],
    "blank-lines.csv": [task(), task("A-2", "Sign")],
    "blanks-around.csv": [task(name="Check it")],
    "columns-64.csv": [task(details={f"c{n}": str(n) for n in range(61)})],
    "dates-month-first.csv": [task(f"A-{n}", due_at=DUE) for n in range(3)],
    "dates.csv": [task(f"A-{n}", due_at=DUE) for n in (0, 1, 2, 3, 5, 6, 7, 8, 9, 10)],
    "days-from-1904.xlsx": [task(due_at=DUE)],
    "decimal-commas.csv": [
        task(details={"net": "1,50", "gross": "1,79"}),
        task("A-2", details={"net": "2,50", "gross": "2,98"}),
    ],
    "emoji.csv": [task(name="Check 🧾 and 👩‍🔧"), task("A-2", "𠮷野家")],
    "excel-unicode-text.txt": [task(name="Prüfung")],
    "formulas-as-text.csv": [task(name="=1+1"), task("A-2", "=1+1"), task("A-3", "@here")],
    "formulas.xlsx": [task(details={"sum": "2"}), task("A-2", "Sign", details={})],
    "gaps.xlsx": [task(), task("A-2", "Sign")],
    "german.csv": [
        task(
            "0815",
            "Rechnung prüfen",
            priority=2,
            due_at=END_OF_DAY,
            details={"Lieferant": "Müller"},
        )
    ],
    "hidden-first-sheet.xlsx": [task()],
    "inch.csv": [task(name='Pipe 6" long')],
    "jira.csv": [task("QC-7", "Check the seal", priority=1, due_at=DUE, details={"Labels": "a b"})],
    "kinds-of-cells.xlsx": [
        task(
            "17",
            due_at=DUE,
            details={
                "price": "1.23",
                "share": "25%",
                "zip": "01067",
                "text number": "00042",
                "took": "26:05:00",
                "at": "08:05:00",
                "ok": "TRUE",
                "big": "123456789012345",
            },
        ),
        task(
            "18",
            due_at=END_OF_DAY,
            details={"price": "0.3", "text number": "1.0", "ok": "FALSE", "big": "1" + "0" * 21},
        ),
    ],
    "lines.jsonl": [task(details={}), task("A-2", "Sign", details={"batch": "7"})],
    "mixed-line-ends.csv": [task(), task("A-2", "Sign"), task("A-3", "Send")],
    "nested.json": [
        task(
            details={
                "supplier: name": "Müller",
                "supplier: address": '{"city": "Köln"}',
                "tags": '["a", 1]',
            }
        )
    ],
    "newlines-in-cells.csv": [
        task(instructions="First look,\nthen sign."),
        task("A-2", instructions="x"),
    ],
    "numbers.json": [
        task(
            "17",
            details={
                "big": "123456789012345678901234567890",
                "price": "1.50",
                "far": "1e999",
                "ok": "true",
            },
        )
    ],
    "old-mac-line-ends.csv": [task(), task("A-2", "Sign")],
    "own-name-wins.csv": [task(details={"ID": "1", "Title": "Dr."})],
    "quotes-after-blanks.csv": [task(name="Check, then sign")],
    "quotes.csv": [task(name='Check "Prime", twice')],
    "rich-texts.xlsx": [task(name="東京\nx")],
    "right-to-left.csv": [task(name="فحص الفاتورة"), task("A-2", "בדיקה")],
    "sep-line.csv": [task(name="Check, then sign")],
    "serial-number-as-date.xlsx": [task(due_at=DUE)],
    "short-rows.csv": [task(priority=3, details={}), task("A-2", priority=1)],
    "tabs-with-commas.tsv": [task(name="Check, please"), task("A-2", "a, b, c")],
    "tasks.json": [task()],
    "title-above.csv": [task()],
    "trailing-delimiters.csv": [task(details={})],
    "utf16-be-bom.csv": [task(name="Prüfung")],
    "utf16-be.csv": [task(name="Prüfung")],
    "utf16-le.csv": [task(name="Prüfung")],
    "utf16-powershell.json": [task(name="Prüfung", priority=2)],
    "utf8-bom-semicolon.csv": [
        task(name="Prüfung", details={"amount": "1,50"}),
        task("A-2", "Café"),
    ],
    "utf8.csv": [task(name="Prüfung Müller")],
    "vertical-bars.txt": [task(name="a, b; c")],
    "windows-1252.csv": [task(name="Prüfung „Müller“", details={"price": "5 €"})],
}

REFUSED = {
    "binary.xlsb": "This is a binary workbook (.xlsb). Please save it as XLSX or CSV.",
    "broken-xml.xlsx": f"This workbook is damaged. {ANEW}",
    "columns-300.csv": "Row 1 has more than 256 cells.",
    "cut-off.json": "The file ends in the middle of row 2. Please save or upload it again.",
    "cut-off.xlsx": "This workbook is incomplete. Please save or upload it again.",
    "damaged.xlsx": f"This workbook is damaged. {ANEW}",
    "empty.csv": "The file is empty.",
    "empty.xlsx": "The file is empty.",
    "entity-bomb.xlsx": f"This workbook has contents that Excel does not write. {ANEW}",
    "far-away-cell.xlsx": "Row 2 has more than 256 cells.",
    "foreign-file.xlsx": f"This workbook has contents that Excel does not write. {ANEW}",
    "header-only.csv": "The file has a header, but no rows.",
    "header-only.xlsx": "The file has a header, but no rows.",
    "letter.docx": f"This is not an Excel workbook. {AS_TABLE}",
    "letter.rtf": f"This is a text document (RTF). {AS_TABLE}",
    "list-in-object.json": (
        "The file is one object with a list in “results”. Please save only that list. If the "
        "object is itself a row, put [ before it and ] after it."
    ),
    "list-of-lists.json": (
        'Row 1 begins with “["reference", "name", "queue"]”. Each row must be an object with '
        'names: {"reference": "A-1", "name": "…"}.'
    ),
    "missing-comma.json": (
        'Row 1 is not valid JSON from here on: “"queue": "Invoices"}]”. Please save the file again.'
    ),
    "nan.json": "Row 1 has “NaN”, which is not a number. Please leave it empty: null.",
    "nul.csv": "Row 2 has NUL characters, so it is not text. Please save the table again.",
    "old.xls": OLD,
    "only-blanks.csv": "The file is empty.",
    "packed.zip": "This is a compressed file, not a workbook. Please extract it first.",
    "paper.pdf": f"This is a PDF. {AS_TABLE}",
    "password.xlsx": OLD,
    "picture.png": f"This is a picture. {AS_TABLE}",
    "python.json": (
        "Row 1 is not valid JSON from here on: “'reference': 'A-1', 'name': 'C”. "
        "Please save the file again."
    ),
    "quote-never-closed.csv": ('In row 3 a quotation mark (") opens a cell and none closes it.'),
    "sheet.ods": "This is an OpenDocument file (.ods). Please save it as XLSX or CSV.",
    "text-after-quote.csv": (
        'In row 2 text follows a closing quotation mark ("). '
        "Inside a quoted cell, write each quotation mark twice."
    ),
    "text-that-is-not-there.xlsx": f"This workbook is damaged. {ANEW}",
    "twice.json": "Row 2 has “name” twice.",
    "utf16-cut.csv": (
        "Line 2 is not in UTF-16, little endian. Please save the file as “CSV UTF-8”, or as XLSX."
    ),
    "utf8-broken.csv": ("Line 3 is not in UTF-8. Please save the file as “CSV UTF-8”, or as XLSX."),
    "utf8-broken.jsonl": "Row 2 is not in UTF-8. Please save the file in UTF-8.",
    "web-page.xls": f"This is a web page (HTML). {AS_TABLE}",
    "xml-spreadsheet.xls": f"This is XML. {AS_TABLE}",
}

FAULTS = {
    "control-character.csv": [
        (2, "name", "It has characters that can't be displayed. Please remove them.")
    ],
    "dates-that-are-none.csv": [
        (
            row,
            "due_at",
            "Enter a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.",
        )
        for row in (2, 3)
    ],
    "error-cell.xlsx": [(2, "sum", MENDED)],
    "formula-never-worked-out.xlsx": [(2, "sum", MENDED)],
    "half-character.json": [
        (1, "name", "It has characters that can't be displayed. Please remove them.")
    ],
    "merged-cells.xlsx": [(3, "queue", "The queue is missing.")],
    "no-header.csv": [(1, name, MISSING) for name in ("reference", "name")],
    "prose.txt": [(1, name, MISSING) for name in ("reference", "name", "queue")],
    "same-heading.csv": [(1, "batch", "This column is in the file twice.")],
    "same-reference.csv": [
        (4, "reference", "Duplicate of row 2. Each reference may occur only once.")
    ],
    "spreadsheet-errors.csv": [(3, "sum", MENDED)],
    "two-numbers.csv": [
        (1, "reference", "Only one of these columns can be “reference”: ID, Order no.")
    ],
}

# What has to be chosen before they are read.
UNDECIDED = {
    "dates-either-way.csv": "day_first",
    "heading-without-name.csv": "stray_cells",
    "too-many-cells.csv": "stray_cells",
    "windows-1252-undefined.csv": "encoding",
}

ImportFile = Callable[[str], Import]


@pytest.fixture
def import_file(mona: User, invoices: Queue) -> ImportFile:
    """Mona imports a file."""
    return lambda name: files.import_file((FILES / name).read_bytes(), name, by=mona)


@pytest.mark.parametrize("name", IMPORTED)
def test_readable_file_makes_its_tasks(import_file: ImportFile, invoices: Queue, name: str) -> None:
    assert faults(import_file(name)) == []
    tasks = Task.objects.order_by("pk")
    for made, expected in zip(tasks, IMPORTED[name], strict=True):
        assert made.queue == invoices
        assert {column: getattr(made, column) for column in expected} == expected


@pytest.mark.parametrize("name", REFUSED)
def test_unreadable_file_is_refused_with_a_reason(import_file: ImportFile, name: str) -> None:
    with pytest.raises(BadFile) as refusal:
        import_file(name)
    assert str(refusal.value) == REFUSED[name]
    assert not Task.objects.exists()


@pytest.mark.parametrize("name", FAULTS)
def test_file_with_bad_cells_names_them_and_makes_no_task(
    import_file: ImportFile, name: str
) -> None:
    found = [(fault.row, fault.column, fault.message) for fault in faults(import_file(name))]
    assert found == FAULTS[name]
    assert not Task.objects.exists()


@pytest.mark.parametrize("name", UNDECIDED)
def test_file_that_could_be_read_in_two_ways_waits_for_a_choice(
    import_file: ImportFile, name: str
) -> None:
    record = import_file(name)
    assert record.state == ImportState.MAPPING
    needed = [choice.name for choice in open_choices(record) if choice.needed]
    assert needed == [UNDECIDED[name]]
    assert not Task.objects.exists()


def test_every_awkward_file_has_its_expected_result() -> None:
    assert {path.name for path in FILES.iterdir()} == {*IMPORTED, *REFUSED, *FAULTS, *UNDECIDED}
