"""A queue or a role is taken away from somebody who holds tasks, or their account is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.audit import invariants
from qc.models import HandBack, Queue, Task, User
from qc.work import actions, assignment, lifecycle, presence
from tests.admin.conftest import change, signed_in, typed
from tests.admin.test_people_pages import role, save
from tests.admin.test_queue_pages import save as save_queue

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


@pytest.fixture(autouse=True)
def sound_afterwards(django_capture_on_commit_callbacks: Any) -> Iterator[None]:
    yield
    assert list(invariants.broken()) == []


@pytest.fixture
def at_commit(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def started(anna: User, invoices: Queue, add_task: AddTask) -> Task:
    """A task that Anna has started."""
    task = add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    lifecycle.start(task.pk, by=anna)
    task.refresh_from_db()
    return task


def went_back(task: Task, reason: str) -> None:
    row = task.history.filter(kind="returned").latest("history_id")
    assert (row.history_change_reason, row.person.username) == (reason, "anna")
    assert not HandBack.objects.filter(task=task).exists()


class TestQueueTakenAway:
    def test_on_the_person_s_page_its_tasks_go_to_others(
        self, mona_client: Client, started: Task, anna: User, ben: User, at_commit: Any
    ) -> None:
        signed_in(ben)
        with at_commit():
            page = save(mona_client, anna, queues=[])
        started.refresh_from_db()
        assert (started.assignee, anna.is_logged_in) == (ben, True)
        went_back(started, "no longer on this queue")
        page = mona_client.get(page.url).content.decode()
        assert f"{started.reference} went back to the queue." in page

    def test_on_the_queue_s_page_too(
        self,
        mona_client: Client,
        invoices: Queue,
        started: Task,
        anna: User,
        ben: User,
        at_commit: Any,
    ) -> None:
        signed_in(ben)
        with at_commit():
            save_queue(mona_client, invoices, people=[ben.pk])
        started.refresh_from_db()
        assert started.assignee == ben
        went_back(started, "no longer on this queue")

    def test_whoever_was_removed_gets_a_task_of_another_queue_at_once(
        self,
        mona_client: Client,
        invoices: Queue,
        labels: Queue,
        started: Task,
        anna: User,
        add_task: AddTask,
        at_commit: Any,
    ) -> None:
        labels.people.add(anna)
        other = add_task(labels)
        with at_commit():
            save_queue(mona_client, invoices, people=[])
        other.refresh_from_db()
        assert other.assignee == anna

    def test_queue_that_is_not_open_to_all_any_more(
        self, mona_client: Client, labels: Queue, anna: User, add_task: AddTask, at_commit: Any
    ) -> None:
        Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
        labels.refresh_from_db()
        labels.save()
        task = add_task(labels)
        signed_in(anna)
        actions.hand_out_to(anna.pk)
        form = typed(mona_client, change(labels))
        form.pop("open_to_all")
        with at_commit():
            mona_client.post(change(labels), form)
        task.refresh_from_db()
        assert task.status == "pending"
        went_back(task, "no longer on this queue")

    def test_person_is_told_on_my_work(
        self, mona_client: Client, started: Task, anna: User
    ) -> None:
        save(mona_client, anna, queues=[])
        (sentence,) = presence.taken(anna, [started.pk])
        assert sentence.startswith(f"mona took {started.reference} back at ")
        assert sentence.endswith("no longer on this queue.")

    def test_nothing_more_is_handed_out(
        self,
        mona_client: Client,
        started: Task,
        anna: User,
        invoices: Queue,
        add_task: AddTask,
        at_commit: Any,
    ) -> None:
        add_task(invoices)
        with at_commit():
            save(mona_client, anna, queues=[])
        assert not Task.objects.held_by(anna).exists()

    def test_task_of_a_foreign_queue_that_a_manager_assigned_stays(
        self,
        mona_client: Client,
        mona: User,
        anna: User,
        labels: Queue,
        add_task: AddTask,
    ) -> None:
        foreign = add_task(labels)
        signed_in(anna)
        assignment.assign(foreign.pk, anna.pk, by=mona, reason="she knows it")
        save(mona_client, anna, queues=[])
        foreign.refresh_from_db()
        assert foreign.assignee == anna

    def test_tasks_of_the_queues_that_are_left_stay(
        self, mona_client: Client, started: Task, anna: User, invoices: Queue, labels: Queue
    ) -> None:
        labels.people.add(anna)
        save(mona_client, anna, queues=[invoices.pk])
        started.refresh_from_db()
        assert started.assignee == anna


class TestRoleTakenAway:
    def test_all_goes_back_and_the_person_is_signed_out(
        self, root_client: Client, started: Task, anna: User, ben: User, at_commit: Any
    ) -> None:
        signed_in(ben)
        with at_commit():
            save(root_client, anna, roles=[role("Auditors")])
        started.refresh_from_db()
        assert (started.assignee, anna.is_logged_in) == (ben, False)
        went_back(started, "role taken away")

    def test_role_that_still_works_keeps_the_tasks_of_their_own_queues(
        self, root_client: Client, started: Task, anna: User
    ) -> None:
        save(root_client, anna, roles=[role("Managers")])
        started.refresh_from_db()
        assert (started.assignee, anna.is_logged_in) == (anna, True)

    def test_queues_that_were_open_to_the_role_are_lost_with_it(
        self, root_client: Client, anna: User, labels: Queue, add_task: AddTask
    ) -> None:
        Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
        labels.refresh_from_db()
        labels.save()
        task = add_task(labels)
        signed_in(anna)
        actions.hand_out_to(anna.pk)
        save(root_client, anna, roles=[role("Managers")])
        task.refresh_from_db()
        assert task.assignee is None


class TestDeactivation:
    def test_page_names_what_goes_back_before_and_after(
        self, mona_client: Client, started: Task, anna: User
    ) -> None:
        page = mona_client.get(change(anna)).content.decode()
        assert f"{started.reference} goes back to its queue." in page
        answer = save(mona_client, anna, is_active=None)
        page = mona_client.get(answer.url).content.decode()
        assert f"{started.reference} went back to the queue." in page
        went_back(started, "deactivated")

    def test_started_task_of_somebody_who_is_signed_out_goes_back(
        self, mona_client: Client, started: Task, anna: User
    ) -> None:
        presence.sign_out(anna.pk, by=None, reason="not seen", keeps_started=True)
        save(mona_client, anna, is_active=None)
        started.refresh_from_db()
        assert started.status == "pending"

    def test_sessions_and_tokens_end(
        self, mona_client: Client, anna: User, sign_in_client: Any
    ) -> None:
        session = sign_in_client(anna)
        assert session.get(reverse("admin:my_work")).status_code == 200
        before = timezone.now()
        save(mona_client, anna, is_active=None)
        assert anna.access_ended_at is not None
        assert anna.access_ended_at >= before
        assert session.get(reverse("admin:my_work")).status_code == 302
