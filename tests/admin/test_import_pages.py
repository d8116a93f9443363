"""The import pages: upload, preview, confirmation, what is kept; and who may."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from qc.models import Import, ImportState, Queue, Role, Task, User
from tests.conftest import person
from tests.databases import on_sqlite
from tests.imports.conftest import client_of, press, upload
from tests.imports.files import good_rows, import_file

pytestmark = [pytest.mark.django_db, on_sqlite]


def text(page: Any) -> str:
    return str(page.content.decode())


def test_preview_saves_no_task_and_confirming_does(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    preview = upload(client)
    assert "A-0" in text(preview)
    assert "1 new, 0 changed" in text(preview)
    assert not Task.objects.exists()
    page = press(client, "begin", preview.context["record"])
    assert "1 task is new, 0 changed, 0 unchanged, 0 skipped." in text(page)
    row = Task.objects.get().history.get()
    assert (row.through, row.history_user) == ("import", mona)
    assert row.request_id == f"import-{page.context['record'].pk}"
    assert not LogEntry.objects.exists()
    assert "mona" in (trail := text(client.get(page.context["trail"])))
    assert "imported" in trail


def test_confirming_twice_imports_once(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = upload(client).context["record"]
    press(client, "begin", record)
    assert "already imported" in text(press(client, "begin", record))
    assert Task.history.count() == 1


def test_file_with_faults_shows_them_and_cant_be_confirmed_whole(
    mona: User, invoices: Queue
) -> None:
    client = client_of(mona)
    page = upload(client, "reference,name,queue,priority\nA,Check,Nowhere,9\n")
    for words in (
        "Nothing from this file is imported",
        "Nowhere",
        "There is no such queue.",
        "Which queue is “Nowhere”?",
        "priority",
    ):
        assert words in text(page)
    assert reverse("admin:import_begin", args=[page.context["record"].pk]) in text(page)
    assert "good row" not in text(page).replace("the good rows alone", "")
    press(client, "begin", page.context["record"])
    assert not Task.objects.exists()


def test_row_that_became_wrong_after_the_preview_is_refused(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = upload(client).context["record"]
    Queue.objects.filter(pk=invoices.pk).update(name="Bills")
    assert "There is no such queue." in text(press(client, "begin", record))
    assert not Task.objects.exists()


def test_another_manager_sees_the_import_and_cant_confirm_it(mona: User, invoices: Queue) -> None:
    record = upload(client_of(mona)).context["record"]
    other = client_of(person("max", Role.MANAGERS))
    page = other.get(reverse("admin:import", args=[record.pk]))
    assert "A-0" in text(page)
    assert reverse("admin:import_begin", args=[record.pk]) not in text(page)
    assert press(other, "begin", record).status_code == 403
    assert press(other, "read", record).status_code == 403
    assert not Task.objects.exists()


def test_a_known_file_says_when_it_was_imported_and_by_whom(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    first = upload(client).context["record"]
    press(client, "begin", first)
    again = text(upload(client))
    assert "all tasks in this file are already here" in again
    assert "This file was already imported" in again
    assert reverse("admin:import", args=[first.pk]) in again
    Task.objects.update(name="Other")
    assert "This file was already imported" not in text(upload(client))


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"PK\3\4 and nothing more", "tasks.xlsx", "incomplete"),
        (",".join(map(str, range(300))) + "\nA\n", "tasks.csv", "has more than 256 cells."),
        ("\n,,\n", "tasks.csv", "The file is empty."),
    ],
)
def test_file_whose_first_rows_can_t_be_read_is_refused_on_its_page(
    mona_client: Client, data: str | bytes, name: str, message: str
) -> None:
    page = upload(mona_client, data, name)
    assert page.context["record"].state == ImportState.FAILED
    assert message in page.content.decode()


def test_preview_shows_changed_values_as_text(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    head = "reference,name,queue,priority,due_at,batch,supplier\n"
    import_file(head + "A,Check,Invoices,2,2030-05-04,B1,Meyer\n", by=mona)
    page = upload(client, head + "A,Check,Invoices,1,2030-05-05 08:00,,Meyer\n")
    shown = [[cell for _, cell in row] for row in page.context["tables"]["changed"].rows]
    assert shown == [
        ["2", "A", "due", "2030-05-04 23:59", "2030-05-05 08:00"],
        ["2", "A", "priority", "P2 high", "P1 urgent"],
        ["2", "A", "batch", "B1", "–"],
    ]
    assert "0 new, 1 changed" in text(page)


def test_values_of_a_file_are_escaped_and_cut_short(mona: User, invoices: Queue) -> None:
    cell = "<script>alert(1)</script>" + "x" * 1000
    page = text(upload(client_of(mona), f"reference,name,queue\nA,Check,{cell}\n"))
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "x" * 400 not in page


def test_a_huge_preview_shows_the_first_rows_and_counts_all(mona: User, invoices: Queue) -> None:
    page = text(upload(client_of(mona), good_rows(250)))
    assert "A-99<" in page
    assert "A-100<" not in page
    assert "and 150 more" in page


def test_no_file_and_too_large_a_file_are_refused(mona: User, settings: Any) -> None:
    client = client_of(mona)
    assert "Please choose a file." in text(client.post(reverse("admin:imports"), {}))
    assert "is a PDF" in text(upload(client, b"%PDF-1.7"))
    settings.QC_IMPORT_BYTES = 10
    assert "too large" in text(upload(client))
    # Longer than anything around a file may be: it is not even read.
    assert "too large" in text(upload(client, "x" * 100_000))
    assert not Import.objects.exists()


def test_imports_are_listed_in_few_statements(
    mona: User, otto: User, invoices: Queue, django_assert_num_queries: Any
) -> None:
    client = client_of(otto)
    import_file(good_rows(1), by=mona)
    client.get(reverse("admin:imports"))
    with django_assert_num_queries(4) as few:
        client.get(reverse("admin:imports"))
    for n in range(2, 60):
        Import.objects.create(file_name=f"{n}.csv", sha256="", size=0, by=mona, language="en")
    with django_assert_num_queries(len(few)):
        page = client.get(reverse("admin:imports"))
    assert "59.csv" in text(page)
    older = client.get(reverse("admin:imports"), {"before": page.context["older"]})
    assert "tasks.csv" in text(older)


def test_auditors_look_imports_up_and_change_nothing(
    mona: User, otto: User, invoices: Queue
) -> None:
    record = import_file(good_rows(1) + "B,,Invoices\n", by=mona, only_good=True)
    client = client_of(otto)
    page = text(client.get(reverse("admin:import", args=[record.pk])))
    assert record.sha256 in page
    assert "1 new" in page
    assert "cannot be blank" in page
    file = client.get(reverse("admin:import_file", args=[record.pk]))
    assert b"".join(file.streaming_content).decode() == good_rows(1) + "B,,Invoices\n"
    assert "attachment" in file.headers["Content-Disposition"]
    for button in ("read", "begin", "again", "stop", "undo_begin", "undo_cancel"):
        assert press(client, button, record).status_code == 403
    assert upload(client).status_code == 403


def test_qc_staff_are_refused(mona: User, anna: User, invoices: Queue) -> None:
    record = import_file(good_rows(1), by=mona)
    client = client_of(anna)
    assert client.get(reverse("admin:imports")).status_code == 403
    assert upload(client).status_code == 403
    for name in ("import", "import_panel", "import_file", "import_refused", "import_undo"):
        assert client.get(reverse(f"admin:{name}", args=[record.pk])).status_code == 403
    assert upload(Client()).redirect_chain[0][0].startswith("/admin/login/")


def test_get_changes_nothing(mona: User, invoices: Queue) -> None:
    client = client_of(mona)
    record = upload(client).context["record"]
    for button in ("read", "begin", "again", "stop", "undo_begin", "undo_cancel"):
        address = reverse(f"admin:import_{button}", args=[record.pk])
        assert client.get(address).status_code == 405
