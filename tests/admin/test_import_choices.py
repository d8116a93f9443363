"""The page of an import asks what the file does not say, once, and says how it was read."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.imports import reading
from qc.models import Import, ImportState, Queue, Task, User
from tests.admin.conftest import act
from tests.imports.conftest import press, upload
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

LIST = "Asset,Work,due date\nICE-1,Clean,1/9/2027\nICE-2,Clean,2/8/2027\nTotal,,\n"
COLUMNS = {"column_0": "details: Asset", "column_1": "name", "column_2": "due_at"}


def questions(page: Any) -> list[str]:
    return [question.choice.name for question in page.context["questions"]]


def html(page: Any) -> str:
    return str(page.content.decode())


def test_one_page_of_questions_and_the_next_file_has_none(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    page = upload(mona_client, LIST, "Ice list.csv")
    record = page.context["record"]
    assert questions(page) == ["key", "values", "day_first"]
    assert "Please choose below how the file is to be read." in html(page)
    assert "This column is missing" not in html(page)
    answers = {"key": "number", "number_prefix": "ICE-", "values_0": "Labels", "day_first": "false"}
    page = press(mona_client, "read", record, **answers, **COLUMNS)
    assert (questions(page), page.context["record"].new) == ([], 2)
    for note in (
        "The rows are numbered, from ICE-1 on.",
        "All rows: queue “Labels”.",
        "The month is first in “due date”, as was chosen.",
        "Row 4 only sums up others: it is left out.",
    ):
        assert note in html(page)
    press(mona_client, "begin", record)
    assert Task.objects.filter(queue=labels, reference__in=["ICE-1", "ICE-2"]).count() == 2
    page = upload(mona_client, LIST.replace("ICE", "ROOM"), "Next.csv")
    assert (questions(page), page.context["record"].new) == ([], 2)
    assert "as you confirmed them for such a file before" in html(page)


def test_what_is_decided_can_be_decided_anew(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    text = "reference,name,queue,priority\nA,Check,Bills,Sofort\nB,Check,,High\n"
    page = upload(mona_client, text)
    record = page.context["record"]
    assert questions(page) == ["words", "queues"]
    kept = {f"column_{at}": name for at, name in enumerate(record.header)}
    answers = {"words_0": "1", "queues_0": "Labels", "all_queue": "Invoices"}
    page = press(mona_client, "read", record, **answers, **kept)
    assert (page.context["record"].new, page.context["record"].refused) == (2, 0)
    assert "“bills” is read as “Labels”." in html(page)
    again = {"words_was_0": "4", "queues_was_0": "Labels", "all_queue": "Labels"}
    page = press(mona_client, "read", record, **again, **kept)
    how = reading.of(page.context["record"])
    assert (how.words, how.values) == ({"Sofort": 4}, {"queue": "Labels"})
    page = press(mona_client, "read", record, **again | {"all_queue": ""}, **kept)
    assert page.context["record"].refused == 1


def test_reference_can_be_made_in_another_way(mona_client: Client, invoices: Queue) -> None:
    record = upload(mona_client, LIST).context["record"]
    settled = {"values_0": "Invoices", "day_first": "true", **COLUMNS}
    page = press(mona_client, "read", record, key="Asset,due date", **settled)
    assert reading.of(page.context["record"]).key == ["Asset", "due date"]
    changed = {"key": "number", "number_prefix": "B-", "all_queue": "Invoices", **COLUMNS}
    how = reading.of(press(mona_client, "read", record, **changed).context["record"])
    assert (how.key, how.number_prefix, how.number_from) == ([], "B-", 1)
    page = press(mona_client, "read", record, **changed | {"number_prefix": "C-"})
    assert reading.of(page.context["record"]).number_prefix == "C-"
    # A column that is chosen after all goes before.
    page = press(mona_client, "read", record, **changed | {"column_0": "reference"})
    assert reading.of(page.context["record"]).number_prefix is None


def test_encodings_are_shown_with_the_lines_that_they_would_give(
    mona_client: Client, invoices: Queue
) -> None:
    data = "reference;name;queue\nA-1;Проверка;Invoices\n".encode("cp1251")
    page = upload(mona_client, data)
    (question,) = page.context["questions"]
    assert len(question.buttons) == 3
    assert "<pre>A-1;Проверка;Invoices\n</pre>" in html(page)
    assert "The text is read as" not in html(page)
    kept = {f"column_{at}": name for at, name in enumerate(["reference", "name", "queue"])}
    other = question.folded[0][1].value
    page = press(mona_client, "read", page.context["record"], encoding=other, **kept)
    assert (questions(page), page.context["record"].encoding) == ([], other)


def test_answer_that_can_t_be_is_refused_in_words(mona_client: Client, invoices: Queue) -> None:
    record = upload(mona_client, LIST).context["record"]
    page = press(mona_client, "read", record, all_due="soon", day_first="perhaps", **COLUMNS)
    assert "Please choose from the lists." in html(page)
    assert "Enter a date such as 2026-11-30" in html(page)
    record.refresh_from_db()
    assert record.state == ImportState.MAPPING


def test_another_sheet_header_or_encoding_is_read_with_columns_of_its_own(
    mona_client: Client, invoices: Queue
) -> None:
    data = "reference,name,queue\nReference,Name,Queue\nA-1,Cap,Invoices\n"
    record = upload(mona_client, data).context["record"]
    assert record.refused == 1
    page = press(mona_client, "read", record, header_row="2", column_0="", column_1="name")
    assert (page.context["record"].new, page.context["record"].mapping) == (
        1,
        ["reference", "name", "queue"],
    )
    assert "The header is row 2; what is above it is left out." in html(page)


def test_queue_s_page_leads_to_an_import_for_it(
    mona_client: Client, otto_client: Client, invoices: Queue, labels: Queue
) -> None:
    page = mona_client.get(act(labels, "import_tasks"), follow=True)
    assert page.request["QUERY_STRING"] == "queue=Labels"
    assert "Rows that name no queue are for <strong>Labels</strong>." in html(page)
    client_file: Any = upload_to(mona_client, "Labels", "reference,name\nA,Check\n")
    assert client_file.context["record"].new == 1
    assert otto_client.get(act(labels, "import_tasks")).status_code == 403


def upload_to(client: Client, queue: str, text: str) -> Any:
    from io import BytesIO

    file = BytesIO(text.encode())
    file.name = "tasks.csv"
    address = f"{reverse('admin:imports')}?queue={queue}"
    return client.post(address, {"file": file}, follow=True)


def test_finished_import_says_how_it_was_read_without_questions(
    mona_client: Client, mona: User, invoices: Queue
) -> None:
    record = import_file("reference,name,queue\nA,Check,Invoices\nB,Check,Bills\n", by=mona)
    Import.objects.filter(pk=record.pk).update(state=ImportState.DONE)
    page = mona_client.get(reverse("admin:import", args=[record.pk]))
    assert questions(page) == []
