"""Bad files: each fault names row, column, value and what is allowed, and nothing is saved."""

import io
from pathlib import Path
from typing import Any

import pytest

from qc import tables
from qc.imports import reader as import_reader
from qc.imports import storage as import_storage
from qc.imports.columns import ERROR
from qc.models import ImportState, Queue, Task, User
from qc.tables.cells import Fault
from tests.imports import files

pytestmark = pytest.mark.django_db

FILES = Path(__file__).parent.parent / "files"
NAMED = "reference,name,queue,priority,due_at,link\n"


@pytest.fixture
def faults(mona: User, invoices: Queue, labels: Queue) -> Any:
    """Return what is wrong with a file, having made sure that nothing of it was saved."""

    def faults(data: str | bytes, filename: str = "tasks.csv") -> list[Fault]:
        found = files.faults(files.import_file(data, filename, by=mona))
        assert not Task.objects.exists()
        assert not Task.history.exists()
        return found

    return faults


@pytest.mark.parametrize(
    ("row", "column", "value", "allowed"),
    [
        ("A,Check,Nowhere,,,", "queue", "Nowhere", "There is no such queue."),
        ("A,Check,,,,", "queue", "", "The queue is missing."),
        ("A,Check,Labels,9,,", "priority", "9", "1, 2, 3 and 4"),
        ("A,Check,Labels,,tomorrow-ish,", "due_at", "tomorrow-ish", "2026-11-30"),
        ("A,Check,Labels,,2026-02-31,", "due_at", "2026-02-31", "2026-11-30"),
        ("A,Check,Labels,,31.02.2026,", "due_at", "31.02.2026", "2026-11-30"),
        ("A,Check,Labels,,0001-01-01T00:00+05:00,", "due_at", "0001-01-01T00:00+05:00", "to 2099"),
        (
            "A,Check,Labels,,9999-12-31 23:59,",
            "due_at",
            "9999-12-31 23:59",
            "2000-01-01 to 2099-12-31",
        ),
        ("A,Check,Labels,,2100-01-01,", "due_at", "2100-01-01", "2000-01-01 to 2099-12-31"),
        ("A,a\x01b,Labels,,,", "name", "a�b", "can't be displayed"),
        (",Check,Labels,,,", "reference", "", "cannot be blank"),
        ("A,,Labels,,,", "name", "", "cannot be blank"),
        (f"{'A' * 65},Check,Labels,,,", "reference", "A" * 65, "at most 64"),
        (f"A,{'n' * 201},Labels,,,", "name", "n" * 201, "at most 200"),
        ("A,Check,Labels,,,javascript:alert(1)", "link", "javascript:alert(1)", "valid URL"),
    ],
)
def test_bad_cell_is_named_with_what_is_allowed(
    faults: Any, row: str, column: str, value: str, allowed: str
) -> None:
    (fault,) = faults(f"{NAMED}GOOD,Check,Labels,,,\n{row}\n")
    assert (fault.row, fault.column, fault.value) == (3, column, value)
    assert allowed in fault.message


def test_all_bad_cells_are_named_at_once(faults: Any) -> None:
    found = faults(f"{NAMED},Check,Nowhere,9,soon,\n\nA,,Labels,0,,\n")
    assert [(fault.row, fault.column) for fault in found] == [
        (2, "reference"),
        (2, "queue"),
        (2, "priority"),
        (2, "due_at"),
        (4, "name"),
        (4, "priority"),
    ]


def test_duplicate_reference_is_refused_whatever_its_case(faults: Any) -> None:
    (fault,) = faults("reference,name,queue\na-1,x,Labels\nb,x,Labels\nA-1,y,Labels\n")
    assert (fault.row, fault.column, fault.value) == (4, "reference", "A-1")
    assert "row 2" in fault.message


def test_missing_or_doubled_column_is_refused(faults: Any) -> None:
    (fault,) = faults("reference,name\nA,Check\n")
    assert (fault.row, fault.column) == (1, "queue")
    (fault,) = faults("reference,name,queue,name\nA,Check,Labels,x\n")
    assert (fault.column, fault.message) == ("name", "This column is in the file twice.")


def test_file_with_too_many_rows_fails(
    mona: User, labels: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reader, "MOST_ROWS", 2)
    record = files.import_file(files.good_rows(3, "Labels"), by=mona)
    assert record.state == ImportState.FAILED
    assert record.error == "The file has more than 2 rows. That is the limit."
    assert not Task.objects.exists()


@pytest.mark.parametrize("name", ["german.csv", "sep-line.csv", "kinds-of-cells.xlsx"])
def test_file_of_refused_rows_imports_once_they_are_fixed(mona: User, name: str) -> None:
    refused = files.import_file((FILES / name).read_bytes(), name, by=mona)
    back = io.BytesIO()
    import_storage.write_refused(refused, back)
    assert tables.detect(back) == refused.format
    Queue.objects.create(name="Invoices")
    fixed = files.import_file(back.getvalue(), name, by=mona)
    assert (fixed.new, fixed.rows) == (refused.refused, refused.refused)
    assert not [task for task in Task.objects.all() if ERROR in task.details]
