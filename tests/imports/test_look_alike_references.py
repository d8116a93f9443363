"""References that look alike are the same, and numbers come in as they were once typed."""

import json
from typing import Any

import pytest

from qc.imports import references
from qc.imports.notes import notes
from qc.models import ImportState, Queue, Task, User
from tests.imports.files import HEAD, faults, import_file, workbook

pytestmark = pytest.mark.django_db

COLUMNS = ["reference", "name", "queue"]


def table(*cells: Any, name: str) -> bytes:
    """Return a file of tasks with these references."""
    rows = [[cell, "Gasket", "Invoices"] for cell in cells]
    if name.endswith(".xlsx"):
        return workbook([COLUMNS, *rows])
    if name.endswith(".json"):
        return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows]).encode()
    return "\n".join([HEAD.strip(), *(",".join(map(str, row)) for row in rows), ""]).encode()


@pytest.mark.parametrize(
    "spelled",
    [
        "\u200eINV-77",
        "INV-77\u200f",
        "INV\u201177",
        "INV\u201377",
        "IN\u200bV-77",
        "IN\u2060V-77",
        "INV\u00ad-77",
        "\ufeffINV-77",
        "ＩＮＶ－７７",
        "INV-77\u00a0",
        "inv-77",
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_reference_that_looks_the_same_is_the_same(
    mona: User, invoices: Queue, name: str, spelled: str
) -> None:
    (fault,) = faults(import_file(table("INV-77", spelled, name=name), name, by=mona))
    assert (fault.column, fault.value) == ("reference", "INV-77")
    assert fault.message.startswith("Duplicate of row")


def test_blanks_in_a_reference_become_plain_ones() -> None:
    assert references.read("A\u00a01\u2003B\u30002") == "A 1 B 2"
    assert references.read("u\u0308-1") == "ü-1"


def test_number_written_as_a_text_keeps_its_zeros() -> None:
    assert references.read('="000451"') == "000451"


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_text_that_a_mac_has_taken_apart_is_put_together(mona: User, name: str) -> None:
    queue = Queue.objects.create(name="Prüfung")
    data = table("A-1", name=name).replace(b"Gasket", "Su\u0308d".encode())
    if name.endswith(".xlsx"):
        data = workbook([COLUMNS, ["A-1", "Su\u0308d", "Pru\u0308fung"]])
    elif name.endswith(".json"):
        data = json.dumps([dict(zip(COLUMNS, ["A-1", "Su\u0308d", "Pru\u0308fung"], strict=True))])
    else:
        data = f"{HEAD}A-1,Su\u0308d,Pru\u0308fung\n".encode()
    import_file(data, name, by=mona)
    task = Task.objects.get()
    assert (task.queue, task.name) == (queue, "Süd")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_whole_number_with_a_point_finds_the_task_without(
    mona: User, invoices: Queue, name: str
) -> None:
    import_file(table("10023", name=name), name, by=mona)
    record = import_file(table("10023.0", "10024.0", name=name), name, by=mona)
    assert (record.unchanged, record.new) == (1, 1)
    assert set(Task.objects.values_list("reference", flat=True)) == {"10023", "10024"}


def test_numbers_with_decimals_keep_theirs(mona: User, invoices: Queue) -> None:
    import_file(table("1.0", "1.1", "2.0", name="a.csv"), by=mona)
    assert set(Task.objects.values_list("reference", flat=True)) == {"1.0", "1.1", "2.0"}


@pytest.mark.parametrize("cell", ["4.90E+12", "4,90e+12", "5E+15"])
def test_number_that_a_spreadsheet_has_shortened_is_refused(
    mona: User, invoices: Queue, cell: str
) -> None:
    data = f'{HEAD}"{cell}",Gasket,Invoices\n'
    (fault,) = faults(import_file(data, by=mona))
    assert (fault.row, fault.value) == (2, cell)
    assert "The spreadsheet shortened this number." in fault.message


def test_ids_of_16_digits_stay_apart(mona: User, invoices: Queue) -> None:
    ids = [1405202108700580, 1405202108700588, 1405202108700589]
    import_file(table(*ids, name="a.xlsx"), "a.xlsx", by=mona)
    assert set(Task.objects.values_list("reference", flat=True)) == set(map(str, ids))


def test_number_that_the_file_itself_has_rounded_is_refused_in_the_reference_only(
    mona: User, invoices: Queue
) -> None:
    rows = [[*COLUMNS, "serial"], [1405202108700580, "Gasket", "Invoices", 1405202108700580]]
    (fault,) = faults(import_file(workbook(rows), "a.xlsx", by=mona))
    assert (fault.column, fault.value) == ("reference", "1405202108700580")
    assert "rounded" in fault.message


def test_preview_says_that_references_differ_by_leading_zeros_only(
    mona: User, invoices: Queue
) -> None:
    import_file(table("000451", "000452", "7", name="a.csv"), by=mona)
    record = import_file(table("451", "452", "453", "007", name="a.csv"), by=mona, dry_run=True)
    assert (record.state, record.new) == (ImportState.READY, 4)
    assert notes(record) == [
        "3 rows are new, though 3 tasks are called the same but for leading zeros."
    ]
    assert notes(import_file(table("451A", "999", name="a.csv"), by=mona, dry_run=True)) == []
