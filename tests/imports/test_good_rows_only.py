"""Importing only the good rows: the refused ones come back as a file, to be fixed and imported."""

from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse

from qc import tables
from qc.imports import storage as import_storage
from qc.imports.columns import ERROR
from qc.imports.reading import Reading
from qc.models import ImportState, Queue, Task, User
from qc.tables import Format
from tests.imports.conftest import client_of, press, upload
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

ROWS = [
    ["reference", "name", "queue", "due_at", "batch"],
    ["A", "Größe", "Invoices", "2030-05-04", "7"],
    ["B", "Größe; Länge", "Nowhere", "soon", "=8"],
    ["C", "", "Invoices", "", ""],
    ["A", "again", "Invoices", "", ""],
]


def file(form: Format, rows: list[list[str]] = ROWS) -> bytes:
    written = BytesIO()
    tables.write(written, form, rows)
    return written.getvalue()


def test_file_with_refused_rows_is_imported_only_when_chosen(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    data = file(Format("csv", "utf-8", ","))
    record = upload(client, data).context["record"]
    press(client, "begin", record)
    assert not Task.objects.exists()
    page = press(client, "begin", record, only_good="1")
    assert "1 task is new, 0 changed, 0 unchanged, 0 skipped, 3 refused." in (page.content.decode())
    assert Task.objects.get().reference == "A"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        (Format("csv", "cp1252", ";"), "wares.csv"),
        (Format("csv", "utf-16-le", "\t"), "wares.txt"),
        (Format("xlsx"), "wares.xlsx"),
        (Format("json", "utf-8"), "wares.json"),
        (Format("jsonl", "utf-8"), "wares.jsonl"),
    ],
)
def test_refused_rows_come_back_in_the_same_format_and_import_once_fixed(
    mona: User, invoices: Queue, form: Format, name: str
) -> None:
    record = import_file(file(form), name, by=mona, only_good=True)
    response: Any = client_of(mona).get(reverse("admin:import_refused", args=[record.pk]))
    assert name.replace(".", "-refused.") in response.headers["Content-Disposition"]
    given = BytesIO(b"".join(response.streaming_content))
    assert tables.detect(given) == form
    rows = [row.cells for row in tables.read(given, form)]
    assert rows[0] == [*ROWS[0], ERROR]
    assert [row[:4] for row in rows[1:]] == [row[:4] for row in ROWS[2:]]
    assert "queue: There is no such queue" in rows[1][5]
    assert "due_at:" in rows[1][5]

    rows[1][2:4] = ["Invoices", "2030-05-04"]
    again = import_file(file(form, rows), name, by=mona, only_good=True)
    assert (again.new, again.changed, again.refused) == (1, 1, 1)
    task = Task.objects.get(reference="B")
    assert (task.name, task.details) == ("Größe; Länge", {"batch": "=8"})
    # Its column of errors is ours: it is replaced, not doubled.
    third = BytesIO()
    import_storage.write_refused(again, third)
    assert next(tables.read(third, form)).cells == rows[0]


def test_refused_rows_keep_cells_beyond_the_header(mona: User, invoices: Queue) -> None:
    data = "reference,name,queue\nA,Check,Nowhere,more\n"
    record = import_file(data, by=mona, chosen=Reading(stray_cells="keep"))
    written = BytesIO()
    import_storage.write_refused(record, written)
    (_header, row) = tables.read(written, record.format)
    assert row.cells[:3] == ["A", "Check", "Nowhere"]
    assert row.cells[4] == "more"


def test_file_without_a_good_row_is_refused(mona: User, invoices: Queue) -> None:
    record = import_file("reference,name,queue\nA,,Invoices\n", by=mona, only_good=True)
    assert (record.state, record.refused) == (ImportState.REFUSED, 1)


def test_column_named_error_is_kept_in_the_details(mona: User, invoices: Queue) -> None:
    import_file("reference,error,name,queue\nA,none,Check,Invoices\n", by=mona)
    assert Task.objects.get().details == {"error": "none"}
