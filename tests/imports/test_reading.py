"""How a file is read: shown, changed by the manager, remembered for files like it."""

from typing import Any

import pytest
from django.urls import reverse

from qc.models import Import, ImportState, Queue, Task, User
from tests.imports.conftest import client_of, press, upload
from tests.imports.files import HEAD, good_rows, import_file

pytestmark = pytest.mark.django_db

THEIRS = "Slip;What;Desk\nS-1;Check;Invoices\n"
CHOSEN = {"column_0": "reference", "column_1": "name", "column_2": "queue"}
FORMAT = {"encoding": "utf-8", "delimiter": ";"}


def test_unknown_columns_are_chosen_by_the_manager_with_samples(
    mona: User, invoices: Queue
) -> None:
    client = client_of(mona)
    page = upload(client, THEIRS)
    record = page.context["record"]
    assert record.state == ImportState.MAPPING
    html = page.content.decode()
    assert "keep as “Slip”" in html
    assert "S-1" in html
    press(client, "begin", record)
    assert not Task.objects.exists()
    page = press(client, "read", record, **FORMAT, **CHOSEN)
    assert "1 new, 0 changed" in page.content.decode()
    press(client, "begin", record)
    assert Task.objects.get().reference == "S-1"


def test_confirmed_mapping_is_reused_for_the_same_headings(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    press(client, "read", record := upload(client, THEIRS).context["record"], **FORMAT, **CHOSEN)
    other = THEIRS.replace("Slip", "SLIP ").replace("S-1", "S-2")
    assert upload(client, other).context["record"].state == ImportState.MAPPING
    press(client, "begin", record)
    assert upload(client, other).context["record"].new == 1


def test_column_can_be_left_out_or_kept_under_its_heading(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = upload(client, "ref,name,queue,prio,x\nA,Check,Invoices,1,2\n").context["record"]
    assert record.mapping == ["reference", "name", "queue", "priority", "details: x"]
    chosen = {**CHOSEN, "column_3": "details: prio", "column_4": "", "delimiter": ","}
    press(client, "begin", press(client, "read", record, **chosen).context["record"])
    task = Task.objects.get()
    assert (task.priority, task.details) == (3, {"prio": "1"})


def test_another_encoding_or_delimiter_reads_the_file_again(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    data = (HEAD + "A,Café,Invoices\n").encode("cp1252")
    record = upload(client, data).context["record"]
    assert record.encoding == "cp1252"
    page = press(client, "read", record, encoding="utf-8", delimiter=",", **CHOSEN)
    assert "is not in UTF-8" in page.content.decode()
    page = press(client, "read", record, encoding="cp1252", delimiter=";")
    assert page.context["record"].header == ["reference,name,queue"]
    page = press(client, "read", record, encoding="cp1252", delimiter=",", column_0="")
    assert page.context["record"].new == 1


def test_json_columns_and_encoding_can_be_chosen(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    theirs = '[{"Slip": "S-1", "is": {"name": "=x", "n": 5}, "Desk": "Invoices"}]'
    page = upload(client, theirs, "slips.json")
    record, html = page.context["record"], page.content.decode()
    assert (record.header, record.state) == (
        ["Slip", "is: name", "is: n", "Desk"],
        ImportState.MAPPING,
    )
    assert "JSON: UTF-8, a list of rows" in html
    assert record.samples[1] == ["=x"]
    assert ('name="encoding"' in html, 'name="delimiter"' in html) == (True, False)
    chosen = {"column_0": "reference", "column_1": "name", "column_3": "queue"}
    press(client, "read", record, column_2="details: is: n", **chosen)
    press(client, "begin", record)
    task = Task.objects.get()
    assert (task.reference, task.name, task.details) == ("S-1", "=x", {"is: n": "5"})
    page = press(client, "read", upload(client, theirs).context["record"], encoding="utf-16-le")
    assert "Row 1 is not valid JSON from here on" in page.content.decode()


def test_imported_file_is_not_read_another_way(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = import_file(good_rows(1), by=mona)
    page = press(client, "read", record, **FORMAT, **CHOSEN)
    assert "already imported" in page.content.decode()
    record.refresh_from_db()
    assert (record.state, record.delimiter) == (ImportState.DONE, ",")
    assert "<select" not in client.get(reverse("admin:import", args=[record.pk])).content.decode()


def test_choice_outside_the_lists_is_refused(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = upload(client).context["record"]
    page = press(client, "read", record, encoding="koi8-r", column_0="status")
    assert "Please choose from the lists." in page.content.decode()
    record.refresh_from_db()
    assert record.mapping == ["reference", "name", "queue"]


def test_missing_columns_are_named_on_the_page(mona: User, invoices: Queue) -> None:
    record = import_file("reference,name\nA,Check\n", by=mona)
    assert record.state == ImportState.MAPPING
    page: Any = client_of(mona).get(reverse("admin:import", args=[record.pk]))
    assert "No column names the queue." in page.content.decode()
    assert not Import.objects.exclude(confirmed_at=None).exists()
