"""Where a table begins, and what stands beside, above and below it."""

from typing import Any

import pytest

from qc.imports import reading
from qc.imports.choices import open_choices
from qc.imports.notes import notes
from qc.imports.reading import Reading
from qc.models import ImportState, Queue, Task, User
from tests.imports.files import HEAD, choices, faults, import_file, workbook

pytestmark = pytest.mark.django_db

TITLES = "Weekly list\nmade on 2027-01-04\n\n"


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (f"{TITLES}reference;name;queue\nA-1;Cap;Invoices\n", 4),
        ("Weekly list,,\n,,\nreference,name,queue\nA-1,Cap,Invoices\n", 3),
        ("Prepared by,Jo,Jim,Jack\nOrder no,Name,Queue,x\nA-1,Cap,Invoices,\n", 2),
        (f"{HEAD}A-1,Cap,Invoices\n", 1),
    ],
)
def test_header_is_found_below_titles(mona: User, invoices: Queue, data: str, row: int) -> None:
    record = import_file(data, by=mona)
    assert (record.state, record.new) == (ImportState.DONE, 1)
    assert reading.of(record).header_row == row
    said = [f"The header is row {row}; what is above it is left out."] if row > 1 else []
    assert notes(record) == said


def test_header_of_a_workbook_is_found_below_titles(mona: User, invoices: Queue) -> None:
    rows = [["Weekly list"], [], ["reference", "name", "queue"], ["A-1", "Cap", "Invoices"]]
    record = import_file(workbook(rows), "a.xlsx", by=mona)
    assert (record.new, reading.of(record).header_row) == (1, 3)


def test_another_row_can_be_chosen_as_the_header(mona: User, invoices: Queue) -> None:
    data = "reference,name,queue\nReference,Name,Queue\nA-1,Cap,Invoices\n"
    assert import_file(data, by=mona).state == ImportState.REFUSED
    assert import_file(data, by=mona, chosen=Reading(header_row=2)).new == 1


def test_table_without_a_header_can_be_read_by_its_columns(mona: User, invoices: Queue) -> None:
    data = "A-1,Cap,Invoices\nA-2,Cap,Invoices\n"
    (choice,) = open_choices(import_file(data, by=mona))
    assert (choice.name, choice.options[0].value) == ("header_row", "0")
    columns = {"column 1": "reference", "column 2": "name", "column 3": "queue"}
    record = import_file(data, by=mona, chosen=Reading(header_row=0, columns=columns))
    assert (record.state, record.new) == (ImportState.DONE, 2)
    record = import_file("A-2,Cap,Invoices\nA-3,Cap,Invoices\n", by=mona)
    assert (record.state, record.unchanged, record.new) == (ImportState.DONE, 1, 1)


STRAY = "reference,name,,queue\nA-1,Cap,x,Invoices\nA-2,Cap,,Invoices,ask Jo\nA-3,Cap,,Invoices\n"


@pytest.mark.parametrize(
    ("answer", "details"),
    [("leave out", [{}, {}, {}]), ("keep", [{"column 3": "x"}, {"column 5": "ask Jo"}, {}])],
)
def test_cells_under_no_heading_are_left_out_or_kept_by_one_choice(
    mona: User, invoices: Queue, settings: Any, answer: Any, details: list[Any]
) -> None:
    record = import_file(STRAY, by=mona)
    assert (record.state, choices(record)) == (ImportState.MAPPING, ["stray_cells"])
    settings.QC_IMPORT_ROWS = 1
    assert choices(import_file(STRAY, by=mona)) == ["stray_cells"]
    record = import_file(STRAY, by=mona, chosen=Reading(stray_cells=answer))
    assert record.state == ImportState.DONE
    found = Task.objects.order_by("reference").values_list("details", flat=True)
    assert list(found) == details
    assert notes(record)[0].startswith("2 cells under no heading are ")
    assert import_file(STRAY, by=mona).unchanged == 3


def test_leaving_out_is_preset_where_such_cells_are_few(mona: User, invoices: Queue) -> None:
    rows = "".join(f"A-{n},Cap,Invoices\n" for n in range(20))
    (choice,) = open_choices(import_file(f"{HEAD}{rows}B-1,Cap,Invoices,hm\n", by=mona))
    assert choice.preset == "leave out"
    (choice,) = open_choices(import_file(f"{HEAD}B-1,Cap,Invoices,hm\n", by=mona))
    assert choice.preset == ""


def test_column_that_only_counts_the_rows_is_left_out(mona: User, invoices: Queue) -> None:
    data = ",reference,name,queue\n0,A-1,Cap,Invoices\n1,A-2,Cap,Invoices\n"
    record = import_file(data, by=mona)
    assert (record.new, Task.objects.first().details) == (2, {})  # type: ignore[union-attr]
    assert "only counts the rows" in notes(record)[0]
    assert choices(import_file(data.replace("1,A-2", "7,A-2"), by=mona)) == ["stray_cells"]


@pytest.mark.parametrize(
    "total",
    [
        "Total;;26;",
        "Summe;;26;",
        "Gesamtsumme;;1.026,50 €;",
        "Grand total (2 rows);;;",
        "Average;;2.5;",
    ],
)
def test_row_that_only_sums_up_is_named_and_left_out(
    mona: User, invoices: Queue, total: str
) -> None:
    data = f"No;Name;Qty;Queue\nT-1;Cap;10;Invoices\nT-2;Cap;16;Invoices\n{total}\n"
    record = import_file(data, by=mona)
    assert (record.state, record.new, record.rows) == (ImportState.DONE, 2, 2)
    assert notes(record) == ["Row 4 only sums up others: it is left out."]


def test_total_in_a_column_of_theirs_needs_no_usual_word(mona: User, invoices: Queue) -> None:
    data = "Site;No;Name;Qty;Queue\nX;T-1;Cap;10;Invoices\nBoth sites;;;10;\n"
    assert notes(import_file(data, by=mona)) == ["Row 3 only sums up others: it is left out."]


@pytest.mark.parametrize("row", ["Total check;;Invoices;", ";Cap;Invoices;", "T-3;;Invoices;5"])
def test_incomplete_row_is_refused_and_no_total(mona: User, invoices: Queue, row: str) -> None:
    data = f"No;Name;Queue;Qty\nT-1;Cap;Invoices;1\n{row}\n"
    assert [fault.row for fault in faults(import_file(data, by=mona))] == [3]
