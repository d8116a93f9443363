"""The answer that shows a task to its holder delivers it: it is started, and stays theirs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from qc.models import NOT_RESPONDING, Queue, Task, User
from qc.work import actions, presence
from tests.api.conftest import Clock

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]


class TestDelivery:
    def test_sign_in_starts_the_task_that_it_shows(
        self, anna: User, invoices: Queue, add_task: AddTask, api_client: APIClient
    ) -> None:
        task = add_task(invoices)
        credentials = {"username": "anna", "password": "demo"}
        (shown,) = api_client.post("/login/", credentials).json()["tasks"]
        task.refresh_from_db()
        assert task.started_at
        assert task.shown_at
        assert shown["started_at"] == task.started_at.isoformat().replace("+00:00", "Z")
        assert task.history.get(kind="started").through == "api"

    def test_dashboard_starts_a_task_that_came_meanwhile(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        client = sign_in(anna)
        add_task(invoices)
        actions.hand_out_to(anna.pk)
        (shown,) = client.get("/dashbord/").json()["me"]["tasks"]
        assert shown["started_at"]

    def test_taskcomplete_starts_the_next(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        first, second = add_task(invoices), add_task(invoices)
        answer = sign_in(anna).post(f"/taskcomplete/{first.pk}/").json()
        second.refresh_from_db()
        assert answer["next"]["started_at"]
        assert second.started_at

    def test_only_one_of_many_is_started_and_all_are_shown(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=3)
        tasks = [add_task(invoices) for _ in range(3)]
        sign_in(anna).get("/dashbord/")
        rows = Task.objects.filter(pk__in=[task.pk for task in tasks])
        assert rows.filter(started_at__isnull=False).count() == 1
        assert rows.filter(shown_at__isnull=False).count() == 3

    def test_others_do_not_start_what_they_see(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        sign_in(ben).get("/dashbord/")
        task.refresh_from_db()
        assert (task.started_at, task.shown_at) == (None, None)

    def test_dashboard_writes_nothing_when_nothing_is_new(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        add_task(invoices)
        client = sign_in(anna)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/dashbord/")
        assert {query["sql"].split()[0] for query in queries} == {"SELECT"}

    def test_draft_is_shown_to_its_holder(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        task = add_task(invoices)
        client = sign_in(anna)
        actions.save_draft(task.pk, "seal broken?", by=anna)
        (shown,) = client.get("/dashbord/").json()["me"]["tasks"]
        assert (shown["draft"], shown["scan_to_start"]) == ("seal broken?", False)


class TestScanToStart:
    @pytest.fixture
    def labelled(self, invoices: Queue, add_task: AddTask) -> Task:
        """A task of a queue that demands a scan."""
        Queue.objects.filter(pk=invoices.pk).update(scan_to_start=True)
        return add_task(invoices)

    def test_delivery_only_shows_it(self, labelled: Task, anna: User, sign_in: SignIn) -> None:
        (shown,) = sign_in(anna).get("/dashbord/").json()["me"]["tasks"]
        assert (shown["scan_to_start"], shown["started_at"]) == (True, None)
        labelled.refresh_from_db()
        assert labelled.shown_at

    @pytest.mark.parametrize("body", [{}, {"scanned": ""}, {"scanned": "QD-9999"}])
    def test_not_completed_without_its_label(
        self, labelled: Task, anna: User, sign_in: SignIn, body: dict[str, str]
    ) -> None:
        answer = sign_in(anna).post(f"/taskcomplete/{labelled.pk}/", body)
        assert (answer.status_code, list(answer.json())) == (400, ["scanned"])
        labelled.refresh_from_db()
        assert (labelled.status, labelled.started_at) == ("assigned", None)

    def test_completed_with_its_label_and_counted_since_it_was_shown(
        self, labelled: Task, anna: User, sign_in: SignIn, clock: Clock
    ) -> None:
        client = sign_in(anna)
        clock.play(20, sweep_every=5)
        body = {"scanned": labelled.reference.lower()}
        for _ in range(2):
            answer = client.post(f"/taskcomplete/{labelled.pk}/", body)
            assert answer.status_code == 200, answer.json()
        labelled.refresh_from_db()
        assert taken(labelled) == timedelta(minutes=20)
        assert not labelled.history.filter(kind="returned").exists()

    def test_goes_back_when_nothing_is_seen_of_its_holder(
        self, labelled: Task, anna: User, sign_in: SignIn, clock: Clock
    ) -> None:
        sign_in(anna)
        clock.play(121, sweep_every=11)
        labelled.refresh_from_db()
        assert labelled.status == "pending"

    def test_scanned_on_the_page_needs_no_second_scan(
        self, labelled: Task, anna: User, sign_in: SignIn
    ) -> None:
        client = sign_in(anna)
        actions.scan(labelled.reference, by=anna)
        assert client.post(f"/taskcomplete/{labelled.pk}/").status_code == 200


class TestBackAtWork:
    CALLS = (
        lambda client: client.get("/dashbord/"),
        lambda client: client.post("/taskcomplete/987654/"),
        lambda client: client.delete("/taskcomplete/987654/"),
    )

    @pytest.mark.parametrize("call", CALLS)
    def test_any_call_ends_not_responding(
        self, anna: User, sign_in: SignIn, call: Callable[[APIClient], Any]
    ) -> None:
        client = sign_in(anna)
        presence.take_break(anna.pk, by=None, reason=NOT_RESPONDING)
        call(client)
        anna.refresh_from_db()
        assert anna.takes_work

    @pytest.mark.parametrize("call", CALLS)
    def test_any_call_ends_a_sign_out_by_the_scheduler(
        self, anna: User, sign_in: SignIn, call: Callable[[APIClient], Any]
    ) -> None:
        client = sign_in(anna)
        presence.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
        call(client)
        anna.refresh_from_db()
        assert anna.takes_work

    def test_dashboard_then_shows_a_task_at_once(
        self, anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
    ) -> None:
        client = sign_in(anna)
        presence.take_break(anna.pk, by=None, reason=NOT_RESPONDING)
        task = add_task(invoices)
        me = client.get("/dashbord/").json()["me"]
        assert ([one["id"] for one in me["tasks"]], me["break_reason"]) == ([task.pk], "")

    def test_lunch_and_own_sign_out_last(self, anna: User, ben: User, sign_in: SignIn) -> None:
        for person, leave in ((anna, self.have_lunch), (ben, self.go_home)):
            client = sign_in(person)
            leave(person)
            client.get("/dashbord/")
            person.refresh_from_db()
            assert not person.takes_work

    def test_logout_of_who_was_put_on_break_signs_out(self, anna: User, sign_in: SignIn) -> None:
        client = sign_in(anna)
        presence.take_break(anna.pk, by=None, reason=NOT_RESPONDING)
        assert client.post("/logout/").status_code == 200
        assert not anna.history.filter(kind="came back").exists()

    @staticmethod
    def have_lunch(person: User) -> None:
        presence.take_break(person.pk, by=person, reason="Lunch")

    @staticmethod
    def go_home(person: User) -> None:
        presence.sign_out(person.pk, by=person, reason="signed out")


class TestSlowClients:
    @pytest.mark.parametrize(("minutes", "sweep_every"), [(20, 5), (11, 1)])
    def test_ten_of_ten_are_completed_through_the_four_calls_alone(
        self,
        anna: User,
        ben: User,
        invoices: Queue,
        add_task: AddTask,
        api_client: APIClient,
        clock: Clock,
        minutes: int,
        sweep_every: int,
    ) -> None:
        tasks = [add_task(invoices) for _ in range(10)]
        answer = api_client.post("/login/", {"username": "anna", "password": "demo"}).json()
        api_client.credentials(HTTP_AUTHORIZATION=f"Token {answer['token']}")
        (task,) = answer["tasks"]
        while task:
            clock.play(minutes, sweep_every=sweep_every)
            answer = api_client.post(f"/taskcomplete/{task['id']}/")
            assert answer.status_code == 200, answer.json()
            anna.refresh_from_db()
            assert anna.takes_work
            task = answer.json()["next"]

        for done in tasks:
            done.refresh_from_db()
            assert (done.assignee, done.outcome) == (anna, "passed")
            assert taken(done) == timedelta(minutes=minutes)
            kinds = list(done.history.order_by("history_id").values_list("kind", flat=True))
            assert (kinds.count("assigned"), kinds[-1]) == (1, "completed")
        assert not anna.history.filter(kind="went on break").exists()


def taken(task: Task) -> timedelta:
    """Return how long a completed task took."""
    assert task.started_at
    assert task.completed_at
    return task.completed_at - task.started_at
