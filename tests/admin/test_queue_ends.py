"""Queues are merged, closed and reopened by their page; closed ones can't be chosen any more."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import lifecycle, queue_changes
from tests.admin.conftest import act, change, signed_in, typed
from tests.admin.test_people_pages import save as save_person
from tests.admin.test_queue_pages import save

ANSWERED = {"_form_submitted": "True", "reason": "too small"}


def offered(client: Client, queue: Queue) -> set[str]:
    """Return the names of the actions that a queue's page offers."""
    page = client.get(change(queue)).content.decode()
    names = ("pause", "unpause", "merge", "close", "reopen")
    return {name for name in names if act(queue, name) in page}


def test_queue_is_merged_by_its_page(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(labels)
    dialog = mona_client.get(act(labels, "merge")).content.decode()
    assert "It cannot be undone" in dialog
    answer = mona_client.post(act(labels, "merge"), ANSWERED | {"into": invoices.pk}, follow=True)
    assert "Labels is merged." in answer.content.decode()
    task.refresh_from_db()
    labels.refresh_from_db()
    assert (task.queue, labels.merged_into) == (invoices, invoices)
    assert list(invariants.broken()) == []


def test_merging_into_itself_is_refused_in_the_dialog(mona_client: Client, labels: Queue) -> None:
    answer = mona_client.post(act(labels, "merge"), ANSWERED | {"into": labels.pk})
    assert "A queue can&#x27;t be merged into itself." in answer.content.decode()


def test_queue_with_work_is_not_closed_and_the_dialog_says_what_to_do(
    mona_client: Client, labels: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(labels)
    answer = mona_client.post(act(labels, "close"), ANSWERED).content.decode()
    assert "Labels has one task to be done. Complete, cancel or move it first" in answer
    labels.refresh_from_db()
    assert not labels.is_closed


def test_page_offers_what_the_queue_s_state_allows(
    mona_client: Client, mona: User, otto_client: Client, invoices: Queue, labels: Queue
) -> None:
    assert offered(mona_client, labels) == {"pause", "merge", "close"}
    mona_client.post(act(labels, "close"), ANSWERED)
    assert offered(mona_client, labels) == {"reopen"}
    assert offered(otto_client, labels) == set()
    mona_client.post(act(labels, "reopen"), ANSWERED)
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    assert offered(mona_client, labels) == set()


def test_closed_queue_is_shown_but_not_edited(
    mona_client: Client, mona: User, labels: Queue
) -> None:
    queue_changes.close(labels.pk, by=mona, reason="empty")
    page = mona_client.get(change(labels)).content.decode()
    assert "closed" in page
    assert 'name="_save"' not in page
    answer = mona_client.post(change(labels), {"name": "Mine"})
    assert answer.status_code == 409
    assert "Labels was closed meanwhile. Nothing was changed." in answer.content.decode()
    labels.refresh_from_db()
    assert labels.name == "Labels"


def test_form_of_a_merged_queue_names_the_other_one_to_managers_only(
    mona_client: Client, otto_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    form = typed(mona_client, change(labels)) | {"name": "Mine"}
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    answer = mona_client.post(change(labels), form).content.decode()
    assert "Labels was merged into Invoices meanwhile. Nothing was changed." in answer
    assert otto_client.post(change(labels), form).status_code == 403
    labels.refresh_from_db()
    assert labels.name == "Labels"


class TestChoices:
    @pytest.fixture(autouse=True)
    def closed(self, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Queue:
        """A closed queue with a cancelled task in it."""
        queue = Queue.objects.create(name="Old stock")
        task = add_task(queue)
        lifecycle.cancel(task.pk, by=mona, reason="gone")
        return queue_changes.close(queue.pk, by=mona, reason="sold")

    @pytest.mark.parametrize(
        "page", ["qc_task_add", "qc_user_add", "qc_user_changelist", "imports", "floor"]
    )
    def test_closed_queue_is_not_offered(self, mona_client: Client, page: str) -> None:
        answer = mona_client.get(reverse(f"admin:{page}")).content.decode()
        assert "Old stock" not in answer

    @pytest.mark.parametrize("page", ["qc_queue_changelist", "reports", "trail"])
    def test_closed_queue_stays_where_the_past_is_shown(
        self, mona_client: Client, page: str
    ) -> None:
        assert "Old stock" in mona_client.get(reverse(f"admin:{page}")).content.decode()

    def test_list_of_tasks_still_finds_its_finished_tasks(
        self, mona_client: Client, closed: Queue
    ) -> None:
        page = mona_client.get(reverse("admin:qc_task_changelist")).content.decode()
        assert "Old stock (closed)" in page

    def test_list_of_queues_filters_by_state(self, mona_client: Client) -> None:
        url = reverse("admin:qc_queue_changelist")
        assert "Old stock" not in mona_client.get(url, {"state": "open"}).content.decode()
        assert "Invoices" not in mona_client.get(url, {"state": "closed"}).content.decode()

    def test_task_can_t_be_put_into_it(
        self, mona_client: Client, closed: Queue, invoices: Queue, add_task: Callable[..., Task]
    ) -> None:
        task = add_task(invoices)
        form = typed(mona_client, change(task)) | {"queue": closed.pk}
        assert mona_client.post(change(task), form).status_code == 200
        task.refresh_from_db()
        assert task.queue == invoices

    def test_person_keeps_their_place_in_it_for_a_reopening(
        self, mona_client: Client, mona: User, closed: Queue, anna: User
    ) -> None:
        Queue.people.through.objects.create(queue=closed, user=anna)
        closed.save()
        save_person(mona_client, anna, queues=[])
        assert list(anna.queues.all()) == [closed]
        assert "Old stock" not in mona_client.get(change(anna)).content.decode()


def test_floor_shows_a_closed_queue_while_tasks_are_left_in_it(
    mona_client: Client, labels: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(labels)
    Queue.objects.filter(pk=labels.pk).update(is_closed=True)
    page = mona_client.get(reverse("admin:floor")).content.decode()
    assert "Labels" in page
    assert reverse("admin:qc_queue_pause", args=[labels.pk]) not in page


class TestForm:
    def test_times_and_reasons_are_saved_with_one_history_row(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        before = invoices.history.count()
        save(
            mona_client,
            invoices,
            scan_to_start="on",
            silent_after_0="90",
            silent_after_1="minutes",
            correct_within_0="2",
            correct_within_1="days",
            hand_back_reasons=" Damaged \r\n\r\nNo photo\r\nDamaged",
        )
        assert (invoices.scan_to_start, invoices.silent_after) == (True, timedelta(minutes=90))
        assert invoices.correct_within == timedelta(days=2)
        assert invoices.reasons == ["Damaged", "No photo"]
        assert invoices.history.count() == before + 1

    def test_time_for_corrections_may_be_left_empty(
        self, mona_client: Client, invoices: Queue
    ) -> None:
        Queue.objects.filter(pk=invoices.pk).update(correct_within=timedelta(hours=1))
        save(mona_client, invoices, correct_within_0="")
        assert invoices.correct_within is None

    @pytest.mark.parametrize("name", ["silent_after", "correct_within"])
    def test_time_that_is_not_allowed_is_refused(
        self, mona_client: Client, invoices: Queue, name: str
    ) -> None:
        answer = save(mona_client, invoices, **{f"{name}_0": "0", f"{name}_1": "hours"})
        assert "Enter a time from 1 minute to 1,000 days" in answer.content.decode()

    def test_auditor_reads_the_times_in_words(self, otto_client: Client, invoices: Queue) -> None:
        page = otto_client.get(change(invoices)).content.decode()
        assert "2 hours" in page
        assert "until the shift ends" in page


def test_merged_people_get_work_at_once(
    mona_client: Client,
    invoices: Queue,
    labels: Queue,
    anna: User,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    signed_in(anna)
    task = add_task(labels)
    with django_capture_on_commit_callbacks(execute=True):
        mona_client.post(act(labels, "merge"), ANSWERED | {"into": invoices.pk})
    task.refresh_from_db()
    assert task.assignee == anna
