"""What workbooks have beside their cells: sheets, hidden rows, links, formats, blank rows."""

import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from qc import tables
from qc.imports import actions, reading
from qc.imports.notes import notes
from qc.imports.reading import Reading
from qc.models import Import, ImportState, Queue, Task, User
from qc.tables import BadFile
from qc.tables.xlsx import sheet
from tests.imports.files import choices, faults, import_file, in_64_bits, workbook

pytestmark = pytest.mark.django_db

COLUMNS = ["reference", "name", "queue", "link"]
ADDRESS = "https://files.example.com/4711.pdf"


def book(**sheets: list[list[Any]]) -> bytes:
    made = Workbook()
    assert made.active is not None
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for cells in rows:
            page.append(cells)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def some(prefix: str, n: int) -> list[list[Any]]:
    return [COLUMNS[:3], *([f"{prefix}-{at}", "Cap", "Invoices"] for at in range(n))]


def test_sheet_with_our_header_is_read_whatever_is_before_it(mona: User, invoices: Queue) -> None:
    cover = [["Please fill in the sheet Data"]]
    lists = [["Colour", "Code"], ["red", 1], ["blue", 2]]
    record = import_file(book(Cover=cover, Lists=lists, Data=some("A", 2)), "a.xlsx", by=mona)
    assert record.new == 2
    assert notes(record) == ["Sheet “Data” is read; there is also: Cover, Lists."]


def test_another_sheet_can_be_chosen(mona: User, invoices: Queue) -> None:
    data = book(May=some("M", 1), June=some("J", 2))
    assert reading.of(import_file(data, "a.xlsx", by=mona, dry_run=True)).sheet == "May"
    assert import_file(data, "a.xlsx", by=mona, chosen=Reading(sheet="June")).new == 2
    assert import_file(data, "a.xlsx", by=mona).unchanged == 2
    with pytest.raises(BadFile, match=r"no sheet “July”. Choose one of: May, June\."):
        import_file(data, "a.xlsx", by=mona, chosen=Reading(sheet="July"))


def hide(page: Worksheet) -> None:
    for row in (3, 4):
        page.row_dimensions[row].hidden = True


@pytest.mark.parametrize(("answer", "new"), [("with", 5), ("without", 3)])
def test_hidden_rows_are_counted_and_asked_about(
    mona: User, invoices: Queue, settings: Any, answer: Any, new: int
) -> None:
    data = workbook(some("A", 5), hide)
    record = import_file(data, "a.xlsx", by=mona)
    assert (record.state, choices(record)) == (ImportState.MAPPING, ["hidden_rows"])
    assert reading.findings(record).hidden_rows == 2
    settings.QC_IMPORT_ROWS = 1
    assert choices(import_file(data, "a.xlsx", by=mona)) == ["hidden_rows"]
    record = import_file(data, "a.xlsx", by=mona, chosen=Reading(hidden_rows=answer))
    assert (record.state, record.new, record.rows) == (ImportState.DONE, new, new)


def link_cells(page: Worksheet) -> None:
    page["D2"].hyperlink = ADDRESS
    page["D2"].value = "Drawing"
    page["D3"].value = f'=HYPERLINK("{ADDRESS}","Drawing")'
    page["A4"].hyperlink = ADDRESS
    page["D5"].hyperlink = ADDRESS
    page["D6"].value = "Drawing"


def with_part(data: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """Return a workbook with something else in one of its parts."""
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as before, zipfile.ZipFile(file, "w") as after:
        for part in before.namelist():
            text = before.read(part)
            after.writestr(part, text.replace(old, new) if part.endswith(name) else text)
    return file.getvalue()


def test_linked_cell_gives_its_address(mona: User, invoices: Queue) -> None:
    rows = [COLUMNS, *some("A", 5)[1:]]
    data = with_part(workbook(rows, link_cells), "sheet1.xml", b'ref="D5"', b'ref="D5:D6"')
    import_file(data, "a.xlsx", by=mona)
    links = Task.objects.order_by("reference").values_list("link", flat=True)
    assert list(links) == [ADDRESS, ADDRESS, "", ADDRESS, ADDRESS]


def test_linked_reference_gives_the_link_where_there_is_no_such_column(
    mona: User, invoices: Queue
) -> None:
    def link(page: Worksheet) -> None:
        page["A2"].hyperlink = ADDRESS

    import_file(workbook(some("A", 1), link), "a.xlsx", by=mona)
    assert Task.objects.get().link == ADDRESS


def test_formula_of_a_link_in_a_text_file_gives_its_address(mona: User, invoices: Queue) -> None:
    cell = f'"=HYPERLINK(""{ADDRESS}"",""Drawing"")"'
    import_file(f"reference,name,queue,link\nA-1,Cap,Invoices,{cell}\n", by=mona)
    assert Task.objects.get().link == ADDRESS


def test_number_formats_are_honoured_in_our_columns(mona: User, invoices: Queue) -> None:
    def shape(page: Worksheet) -> None:
        page["A2"].number_format = '"LOT-"0000'
        page["D2"].number_format = "0.0"

    rows = [[*COLUMNS[:3], "priority"], [17, "Cap", "Invoices", 1]]
    import_file(workbook(rows, shape), "a.xlsx", by=mona)
    task = Task.objects.get()
    assert (task.reference, task.priority) == ("LOT-0017", 1)


def test_longer_end_of_java_programs_is_read(mona: User, invoices: Queue) -> None:
    data = in_64_bits(workbook(some("A", 3)))
    assert zipfile.ZipFile(BytesIO(data)).namelist()
    assert import_file(data, "a.xlsx", by=mona).new == 3


def test_longer_end_with_a_huge_list_is_refused(mona: User) -> None:
    data = in_64_bits(workbook(some("A", 3)))
    at = data.rindex(b"PK\6\6") + 40
    data = data[:at] + (1 << 40).to_bytes(8, "little") + data[at + 8 :]
    with pytest.raises(BadFile, match="in an unusual way"):
        import_file(data, "a.xlsx", by=mona)


def test_sheet_is_over_after_many_coloured_blank_rows(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST_BLANK", 5)

    def colour(page: Worksheet) -> None:
        for row in range(4, 20):
            page.cell(row, 1).number_format = "0000"

    data = workbook(some("A", 2), colour)
    read = list(tables.rows(BytesIO(data), tables.XLSX))
    assert [row.number for row in read] == [1, 2, 3]
    unpacked = list(sheet_rows(data))
    assert len(unpacked) == 3 + 5


@pytest.mark.parametrize("gap", [4, 5, 6, 40])
def test_rows_after_many_blank_ones_are_read(monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    monkeypatch.setattr(sheet, "MOST_BLANK", 5)
    monkeypatch.setattr(sheet, "CHUNK", 64)

    def colour(page: Worksheet) -> None:
        for row in range(4, 4 + gap):
            page.cell(row, 1).number_format = "0000"
        page.cell(4 + gap, 1).value = "LOT-99"
        for row in range(5 + gap, 15 + gap):
            page.cell(row, 1).number_format = "0000"

    read = list(tables.rows(BytesIO(workbook(some("A", 2), colour)), tables.XLSX))
    assert [row.number for row in read] == [1, 2, 3, 4 + gap]
    assert read[-1].cells[0] == "LOT-99"


def sheet_rows(data: bytes) -> Any:
    from qc.tables.xlsx import reader

    return reader.read(BytesIO(data))


def test_workbook_that_unpacks_to_much_goes_to_a_worker(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = workbook(some("A", 2))
    assert not actions.receive(BytesIO(data), "a.xlsx", by=mona).is_large
    monkeypatch.setattr(actions, "MOST_IN_REQUEST", 100)
    assert actions.receive(BytesIO(data), "a.xlsx", by=mona).is_large
    assert import_file(data, "a.xlsx", by=mona).new == 2


def test_nothing_is_said_of_a_plain_workbook(mona: User, invoices: Queue) -> None:
    record = import_file(workbook(some("A", 2)), "a.xlsx", by=mona)
    assert isinstance(record, Import)
    assert (faults(record), notes(record)) == ([], [])
