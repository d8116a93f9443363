"""The import page: upload, preview, confirmation; and who may."""

from io import BytesIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from qc.admin import imports
from qc.models import Queue, Role, Task, User
from tests.conftest import person

pytestmark = pytest.mark.django_db

GOOD = "reference,name,queue\nA,Check,Invoices\n"


def at(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, text: str = GOOD, name: str = "tasks.csv") -> Any:
    file = BytesIO(text.encode())
    file.name = name
    return client.post(reverse("admin:qc_task_import"), {"file": file})


def confirm(client: Client, token: str) -> Any:
    return client.post(reverse("admin:qc_task_process_import"), {"token": token}, follow=True)


def test_the_preview_saves_nothing_and_confirming_does(mona: User, invoices: Queue) -> None:
    client = at(mona)
    preview = upload(client)
    assert "A" in preview.content.decode()
    assert not Task.objects.exists()
    answer = confirm(client, preview.context["token"])
    assert "1 task is new, 0 changed, 0 unchanged, 0 left alone." in answer.content.decode()
    row = Task.objects.get().history.get()
    assert (row.through, row.history_user) == ("import", mona)
    assert not LogEntry.objects.exists()


def test_confirming_twice_imports_once(mona: User, invoices: Queue) -> None:
    client = at(mona)
    token = upload(client).context["token"]
    confirm(client, token)
    assert "imported already" in confirm(client, token).content.decode()
    assert Task.history.count() == 1


def test_faults_are_shown_and_there_is_nothing_to_confirm(mona: User, invoices: Queue) -> None:
    page = upload(at(mona), "reference,name,queue,priority\nA,Check,Nowhere,9\n")
    text = page.content.decode()
    assert page.context["token"] == ""
    for words in ("Nothing of this file is imported", "Nowhere", "there are: Invoices", "priority"):
        assert words in text


def test_what_was_right_at_the_preview_and_is_wrong_now_is_refused(
    mona: User, invoices: Queue
) -> None:
    client = at(mona)
    token = upload(client).context["token"]
    Queue.objects.filter(pk=invoices.pk).update(name="Bills")
    assert "there are: Bills" in confirm(client, token).content.decode()
    assert not Task.objects.exists()


def test_another_manager_can_not_confirm_it(mona: User, invoices: Queue) -> None:
    token = upload(at(mona)).context["token"]
    other = person("max", Role.MANAGERS)
    assert "imported already" in confirm(at(other), token).content.decode()
    assert not Task.objects.exists()


def test_a_second_upload_replaces_the_first(mona: User, invoices: Queue) -> None:
    client = at(mona)
    first = upload(client).context["token"]
    upload(client, "reference,name,queue\nB,Check,Invoices\n")
    confirm(client, first)
    assert not Task.objects.exists()


def test_a_known_file_says_so(mona: User, invoices: Queue) -> None:
    client = at(mona)
    confirm(client, upload(client).context["token"])
    assert "everything in this file is known" in upload(client).content.decode()


def test_the_preview_says_what_changes_in_words(mona: User, invoices: Queue) -> None:
    client = at(mona)
    head = "reference,name,queue,priority,due_at,batch,supplier\n"
    confirm(
        client, upload(client, head + "A,Check,Invoices,2,2030-05-04,B1,Meyer\n").context["token"]
    )
    page = upload(client, head + "A,Check,Invoices,1,2030-05-05 08:00,,Meyer\n")
    shown = [[cell for _, cell in row] for row in page.context["parts"]["changed"].rows]
    assert shown == [
        ["A", "due_at", "2030-05-04 23:59", "2030-05-05 08:00"],
        ["A", "priority", "P2 high", "P1 urgent"],
        ["A", "batch", "B1", "–"],
    ]
    assert "0 new, 1 changed." in page.content.decode()


def test_a_file_that_is_not_confirmed_is_forgotten(mona: User, invoices: Queue) -> None:
    client = at(mona)
    token = upload(client).context["token"]
    assert imports.UPLOAD in client.session
    client.get(reverse("admin:qc_task_import"))
    assert imports.UPLOAD not in client.session
    confirm(client, token)
    assert not Task.objects.exists()


def test_a_confirmed_file_is_not_kept(mona: User, invoices: Queue) -> None:
    client = at(mona)
    confirm(client, upload(client).context["token"])
    assert imports.UPLOAD not in client.session


def test_what_a_file_says_is_shown_as_text_and_cut_short(mona: User, invoices: Queue) -> None:
    text = "<script>alert(1)</script>" + "x" * 1000
    page = upload(at(mona), f"reference,name,queue\nA,Check,{text}\n").content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "x" * 400 not in page


def test_a_huge_preview_shows_the_first_rows_and_counts_all(mona: User, invoices: Queue) -> None:
    rows = "".join(f"A-{n:04},Check,Invoices\n" for n in range(250))
    text = upload(at(mona), "reference,name,queue\n" + rows).content.decode()
    assert "A-0099" in text
    assert "A-0100" not in text
    assert "and 150 more" in text


def test_no_file_and_too_large_a_file_are_refused(
    mona: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at(mona)
    assert "required" in client.post(reverse("admin:qc_task_import"), {}).content.decode()
    monkeypatch.setattr(imports, "MOST_BYTES", 10)
    assert "are allowed." in upload(client).content.decode()


def test_only_managers_may(anna: User, otto: User, invoices: Queue) -> None:
    for user in (anna, otto):
        assert upload(at(user)).status_code == 403
        assert confirm(at(user), "x").status_code == 403
    assert upload(Client()).status_code == 302


def test_a_get_confirms_nothing(mona: User, invoices: Queue) -> None:
    client = at(mona)
    upload(client)
    assert client.get(reverse("admin:qc_task_process_import")).status_code == 405
