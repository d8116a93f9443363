"""The details of a task are fields: added, renamed, rewritten and removed, without any script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Task
from tests.admin.conftest import change, typed
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db]

DETAILS = {
    "Part": "Ø 40",
    "Lot": None,
    "Sizes": [1, 2],
    "Count": 5,
    "Note": "two\nlines",
    "OK": True,
}


@pytest.fixture
def task(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    return add_task(invoices, details=DETAILS)


def save(client: Client, task: Task, **changed: str) -> Any:
    """Save the form of a task with some fields changed: `_0_value` is `details-0-value`."""
    fields = {f"details{name.replace('_', '-')}": value for name, value in changed.items()}
    answer = client.post(change(task), typed(client, change(task)) | fields)
    task.refresh_from_db()
    return answer


def errors(answer: Any) -> Any:
    return answer.context["adminform"].form.errors["details"]


def test_each_detail_has_fields_and_none_is_json(mona_client: Client, task: Task) -> None:
    sent = typed(mona_client, change(task))
    assert [sent[f"details-{n}-name"][0] for n in range(7)] == [*DETAILS, ""]
    assert (sent["details-0-value"], sent["details-3-value"]) == ("Ø 40", "5")
    assert "details" not in sent


def test_untouched_details_keep_their_kinds_and_leave_no_row(
    mona_client: Client, task: Task
) -> None:
    assert save(mona_client, task).status_code == 302
    assert (list(task.details.items()), task.history.count()) == (list(DETAILS.items()), 1)


def test_added_detail_comes_last_and_renamed_one_stays_in_its_place(
    mona_client: Client, task: Task
) -> None:
    save(mona_client, task, _0_name="Piece", _6_name="Colour", _6_value="blue")
    names = ["Piece", "Lot", "Sizes", "Count", "Note", "OK", "Colour"]
    assert list(task.details) == list(task.history.first().details) == names
    assert (task.details["Piece"], task.details["Colour"]) == ("Ø 40", "blue")


def test_more_rows_than_the_page_had_are_taken_in_their_order(
    mona_client: Client, task: Task
) -> None:
    save(mona_client, task, _10_name="B", _10_value="2", _9_name="A", _9_value="1")
    assert list(task.details.items())[-2:] == [("A", "1"), ("B", "2")]


@on_sqlite
@pytest.mark.parametrize("sent", [{"_0_removed": "on"}, {"_0_name": "", "_0_value": ""}])
def test_removed_detail_is_gone_and_the_history_has_why(
    mona_client: Client, task: Task, sent: dict[str, str]
) -> None:
    save(mona_client, task, **sent)
    assert list(task.details) == ["Lot", "Sizes", "Count", "Note", "OK"]
    assert task.history.first().history_change_reason == "It was wrong."


@on_sqlite
@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("_3_value", "6", 6),
        ("_3_value", "6.0 kg", "6.0 kg"),
        ("_3_value", "NaN", "NaN"),
        ("_2_value", "[1,2,3]", [1, 2, 3]),
        ("_5_value", "false", False),
        ("_5_value", "1", "1"),
        ("_0_value", "7", "7"),
        ("_1_value", "L-1", "L-1"),
        ("_4_value", "two\r\nother lines", "two\nother lines"),
    ],
)
def test_rewritten_value_keeps_its_kind_where_it_still_is_one(
    mona_client: Client, task: Task, field: str, text: str, value: Any
) -> None:
    save(mona_client, task, **{field: text})
    found = list(task.details.values())[int(field[1])]
    assert (found, type(found)) == (value, type(value))


@on_sqlite
def test_two_of_one_name_are_refused_and_shown_again(mona_client: Client, task: Task) -> None:
    answer = save(mona_client, task, _6_name="Part", _6_value="second")
    assert errors(answer) == ["There are two details called “Part”."]
    assert "second</textarea>" in answer.content.decode()
    assert task.details == DETAILS


@on_sqlite
def test_value_without_a_name_is_refused(mona_client: Client, task: Task) -> None:
    answer = save(mona_client, task, _6_value="nameless")
    assert errors(answer) == ["Please name the detail “nameless”."]


@on_sqlite
def test_new_task_takes_details(mona_client: Client, invoices: Queue) -> None:
    values = {"reference": "A-1", "name": "Check", "queue": invoices.pk, "priority": 3}
    values |= {"details-0-name": "Part", "details-0-value": "A-12"}
    assert mona_client.post(reverse("admin:qc_task_add"), values).status_code == 302
    assert Task.objects.get(reference="A-1").details == {"Part": "A-12"}


@on_sqlite
def test_details_that_two_have_changed_are_shown_in_words(mona_client: Client, task: Task) -> None:
    form = typed(mona_client, change(task)) | {"details-0-value": "Ø 41"}
    Task.objects.filter(pk=task.pk).update(details={"Part": "Ø 42"})
    answer = mona_client.post(change(task), form)
    assert "Now it is Part: Ø 42; you entered Part: Ø 41; Lot: ;" in answer.content.decode()


@on_sqlite
def test_addresses_are_links_and_everything_is_escaped(
    otto_client: Client, add_task: Callable[..., Task], invoices: Queue
) -> None:
    texts = {"instructions": "See https://x.example/a?b=1&c=2, <b>then</b> javascript:alert(1)."}
    task = add_task(invoices, details={"<i>": "(http://y.example/z_(1))"}, **texts)
    page = otto_client.get(change(task)).content.decode()
    rel = 'rel="noopener noreferrer nofollow"'
    assert f'href="https://x.example/a?b=1&amp;c=2" {rel}>' in page
    assert "c=2</a>, &lt;b&gt;then&lt;/b&gt; javascript:alert(1)." in page
    assert (
        f'(<a class="qc-link" href="http://y.example/z_(1)" {rel}>http://y.example/z_(1)</a>)'
        in page
    )
    assert "&lt;i&gt;" in page
