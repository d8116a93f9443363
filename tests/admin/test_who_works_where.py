"""The table of people and queues: only changes are written, and nobody overwrites others."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Role, Task, User
from qc.work import actions
from tests.admin.conftest import signed_in
from tests.conftest import group

pytestmark = pytest.mark.django_db

PAGE = "admin:matrix"


def save(client: Client, *, add: str = "", remove: str = "") -> Any:
    return client.post(reverse(PAGE), {"add": add, "remove": remove}, follow=True)


def box(person: User, queue: Queue) -> str:
    return f"{person.pk}-{queue.pk}"


def is_ticked(page: str, person: User, queue: Queue) -> bool:
    marks = f'value="{box(person, queue)}" aria-labelledby="p{person.pk} q{queue.pk}"'
    assert marks in page
    return f"{marks} checked>" in page


def test_each_person_has_a_box_for_each_open_queue(
    mona_client: Client, anna: User, carla: User, invoices: Queue, labels: Queue
) -> None:
    closed = Queue.objects.create(name="Old", is_closed=True)
    page = mona_client.get(reverse(PAGE)).content.decode()
    assert is_ticked(page, anna, invoices)
    assert not is_ticked(page, anna, labels)
    assert is_ticked(page, carla, labels)
    assert box(anna, closed) not in page


def test_changes_leave_one_row_for_each_queue_that_changed(
    mona_client: Client,
    mona: User,
    anna: User,
    ben: User,
    carla: User,
    invoices: Queue,
    labels: Queue,
) -> None:
    untouched = Queue.objects.create(name="Papers")
    rows = {queue: queue.history.count() for queue in (invoices, labels, untouched)}
    answer = save(
        mona_client,
        add=f"{box(anna, labels)} {box(ben, labels)}",
        remove=f"{box(carla, labels)} {box(anna, invoices)}",
    )
    assert "4 boxes were changed." in answer.content.decode()
    assert set(labels.people.all()) == {anna, ben}
    assert set(invoices.people.all()) == {ben}
    assert {queue: queue.history.count() - n for queue, n in rows.items()} == {
        invoices: 1,
        labels: 1,
        untouched: 0,
    }
    row = labels.history.first()
    assert (row.history_user, row.through) == (mona, "page")
    assert {one.user for one in row.people.all()} == {anna, ben}
    assert list(invariants.broken()) == []


def test_without_scripts_the_form_sends_what_is_ticked_and_what_was(
    mona_client: Client, anna: User, ben: User, invoices: Queue, labels: Queue
) -> None:
    invoices.people.set([anna])
    labels.people.set([ben])
    page = mona_client.get(reverse(PAGE)).content.decode()
    were = f"{anna.pk}-{invoices.pk} {ben.pk}-{labels.pk}"
    assert f'name="were" value="{were}"' in page
    # Meanwhile somebody else takes Ben off.
    labels.people.remove(ben)
    on = [f"{anna.pk}-{labels.pk}", f"{ben.pk}-{labels.pk}"]
    answer = mona_client.post(reverse(PAGE), {"were": were, "on": on}, follow=True)
    assert "2 boxes were changed." in answer.content.decode()
    assert [*labels.people.all()] == [anna]
    assert not invoices.people.exists()


def test_two_managers_do_not_overwrite_each_other(
    mona_client: Client, root: User, sign_in_client: Any, anna: User, ben: User, labels: Queue
) -> None:
    other = sign_in_client(root)
    mona_client.get(reverse(PAGE)), other.get(reverse(PAGE))
    save(other, add=f"{box(anna, labels)} {box(ben, labels)}")
    rows = labels.history.count()
    answer = save(mona_client, add=box(anna, labels))
    assert "it is so already" in answer.content.decode()
    assert set(labels.people.all()) == {anna, ben}
    assert labels.history.count() == rows


def test_work_follows_the_boxes(
    mona_client: Client,
    anna: User,
    carla: User,
    invoices: Queue,
    labels: Queue,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    task = add_task(invoices)
    signed_in(anna, carla)
    actions.hand_out_to(anna.pk)
    with django_capture_on_commit_callbacks(execute=True):
        answer = save(mona_client, add=box(carla, invoices), remove=box(anna, invoices))
    assert f"{task.reference} went back to the queue." in answer.content.decode()
    task.refresh_from_db()
    assert task.assignee == carla
    assert task.history.get(kind="returned").history_change_reason == "no longer on this queue"
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("gone", ["person", "queue"])
def test_nothing_is_changed_where_a_person_or_queue_has_gone_meanwhile(
    mona_client: Client, anna: User, ben: User, labels: Queue, gone: str
) -> None:
    if gone == "person":
        User.objects.filter(pk=anna.pk).update(is_active=False)
    else:
        Queue.objects.filter(pk=labels.pk).update(is_closed=True)
    answer = save(mona_client, add=f"{box(ben, labels)} {box(anna, labels)}").content.decode()
    assert "Nothing was changed." in answer
    assert not labels.people.exists()


def test_names_narrow_the_rows(mona_client: Client, anna: User, ben: User) -> None:
    User.objects.filter(pk=anna.pk).update(first_name="Änne", last_name="Berg")
    page = mona_client.get(reverse(PAGE), {"q": "berg ann"}).content.decode()
    assert f'id="p{anna.pk}"' in page
    assert f'id="p{ben.pk}"' not in page
    assert (
        "Nobody who gets tasks is called so."
        in mona_client.get(reverse(PAGE), {"q": "zoe"}).content.decode()
    )


@pytest.mark.parametrize("sent", ["1", "a-b", "1-2-3", "1-2, 3-4"])
def test_anything_but_boxes_is_refused(mona_client: Client, labels: Queue, sent: str) -> None:
    assert mona_client.post(reverse(PAGE), {"add": sent}).status_code == 400


def test_only_managers_see_and_change_it(
    otto_client: Client, anna: User, ben: User, labels: Queue, sign_in_client: Any
) -> None:
    for client in (otto_client, sign_in_client(anna)):
        assert client.get(reverse(PAGE)).status_code == 403
        assert save(client, add=box(anna, labels)).status_code == 403
    assert not labels.people.exists()


def test_two_hundred_people_on_thirty_queues_are_read_by_few_statements(
    mona_client: Client, anna: User, invoices: Queue
) -> None:
    with CaptureQueriesContext(connection) as few:
        mona_client.get(reverse(PAGE))
    User.objects.bulk_create(
        User(username=f"person{n}", first_name="Somebody", last_name=f"Of Many {n}")
        for n in range(200)
    )
    made = User.objects.filter(username__startswith="person")
    staff = User.groups.through
    staff.objects.bulk_create(staff(user=one, group=group(Role.QC_STAFF)) for one in made)
    Queue.objects.bulk_create(Queue(name=f"Queue {n}") for n in range(29))
    with CaptureQueriesContext(connection) as many:
        page = mona_client.get(reverse(PAGE)).content.decode()
    assert len(many) <= len(few)
    assert page.count('<input type="checkbox"') == 201 * 30
    assert len(gzip.compress(page.encode())) < 100_000
