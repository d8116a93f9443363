"""Who is there: signing in and out, breaks, being seen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from qc.audit import invariants
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed, NotFound
from qc.models import NOT_RESPONDING, Queue, Status, Task, User
from qc.work import actions, presence
from qc.work.matching import match
from tests.conftest import person

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]


def reloaded(person: User) -> User:
    return User.objects.get(pk=person.pk)


def kinds(person: User) -> list[str]:
    return list(person.history.filter(history_type="~").values_list("kind", flat=True))[::-1]


class TestSigningIn:
    def test_signing_in_makes_free(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        assert list(User.objects.free()) == [anna]
        assert reloaded(anna).last_login is not None

    def test_second_time_changes_nothing(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        since = reloaded(anna).idle_since
        actions.sign_in(anna.pk)
        assert (reloaded(anna).idle_since, kinds(anna)) == (since, ["signed in"])

    def test_signing_in_ends_a_break(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason="lunch")
        actions.sign_in(anna.pk)
        assert reloaded(anna).takes_work

    def test_signing_in_on_the_page_writes_one_history_row(
        self, anna: User, client: Client
    ) -> None:
        answer = client.post("/admin/login/", {"username": "anna", "password": "demo"})
        assert answer.status_code == 302
        assert kinds(anna) == ["signed in"]

    def test_unknown_person_is_not_found(self, db: None) -> None:
        with pytest.raises(NotFound):
            actions.sign_in(987654)


class TestWhoMayNotWork:
    def test_auditor_signs_in_without_being_waited_for(self, otto: User) -> None:
        actions.sign_in(otto.pk)
        actions.sign_out(otto.pk, by=otto, reason="signed out")
        assert not reloaded(otto).is_logged_in
        assert kinds(otto) == ["signed in", "signed out"]
        assert not list(invariants.broken())

    def test_person_without_a_role_gets_no_task_of_their_queue(
        self, invoices: Queue, add_task: AddTask
    ) -> None:
        nobody = person("nora")
        invoices.people.add(nobody)
        add_task(invoices)
        actions.sign_in(nobody.pk)
        match()
        assert not Task.objects.held().exists()
        with pytest.raises(NotAllowed, match="nora has no role that works on tasks"):
            actions.come_back(nobody.pk, by=nobody)


class TestAwayBySweep:
    """Whom the sweep sent away is back with their next call; who left by themselves is not."""

    def test_not_responding_ends_with_the_next_call(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=None, reason=NOT_RESPONDING)
        assert actions.back_at_work(reloaded(anna))
        assert reloaded(anna).takes_work

    @pytest.mark.parametrize("reason", ["Lunch", "back soon"])
    def test_own_break_does_not(self, anna: User, reason: str) -> None:
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason=reason)
        assert not actions.back_at_work(reloaded(anna))

    def test_own_sign_out_does_not(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.sign_out(anna.pk, by=anna, reason="signed out")
        assert not actions.back_at_work(reloaded(anna))


class TestLosingWork:
    def test_tasks_of_lost_queues_go_to_others(
        self, anna: User, ben: User, mona: User, invoices: Queue, labels: Queue, add_task: AddTask
    ) -> None:
        User.objects.filter(pk=anna.pk).update(capacity=2)
        labels.people.add(anna)
        kept, lost = add_task(labels), add_task(invoices)
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        invoices.people.remove(anna)
        returned = actions.return_tasks(
            anna.pk, by=mona, reason="no longer on Invoices", queues=[invoices.pk]
        )
        assert returned == [lost]
        assert list(Task.objects.held_by(anna)) == [kept]
        assert list(Task.objects.held_by(ben)) == [lost]
        assert lost.hand_backs.count() == 0

    def test_manager_who_signs_somebody_out_ends_their_access(self, anna: User, mona: User) -> None:
        before = reloaded(anna).access_ended_at
        actions.sign_in(anna.pk)
        actions.sign_out(anna.pk, by=anna, reason="signed out")
        assert reloaded(anna).access_ended_at == before
        actions.sign_in(anna.pk)
        actions.sign_out(anna.pk, by=mona, reason="went home")
        assert reloaded(anna).access_ended_at != before


class TestSigningOut:
    def test_their_tasks_go_to_others(
        self, anna: User, ben: User, invoices: Queue, add_task: AddTask
    ) -> None:
        task = add_task(invoices)
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
        assert actions.sign_out(anna.pk, by=anna, reason="signed out") == [task]
        task.refresh_from_db()
        assert task.assignee == ben
        row = task.history.get(kind="returned")
        assert (row.history_change_reason, row.person) == ("signed out", anna)

    def test_second_time_changes_nothing(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        for _ in range(2):
            actions.sign_out(anna.pk, by=anna, reason="signed out")
        assert kinds(anna) == ["signed in", "signed out"]

    def test_only_they_and_managers_may_sign_them_out(
        self, anna: User, ben: User, mona: User
    ) -> None:
        actions.sign_in(anna.pk)
        with pytest.raises(NotAllowed):
            actions.sign_out(anna.pk, by=ben, reason="he's in my way")
        actions.sign_out(anna.pk, by=mona, reason="went home")
        row = anna.history.filter(kind="signed out").get()
        assert (row.history_user, row.history_change_reason) == (mona, "went home")

    def test_signing_out_on_the_page_signs_out(self, anna: User, client: Client) -> None:
        client.force_login(anna)
        client.post("/admin/logout/")
        assert not reloaded(anna).is_logged_in


class TestBreaks:
    def test_on_break_they_keep_their_tasks_and_get_none(
        self, anna: User, invoices: Queue, add_task: AddTask
    ) -> None:
        held, _waiting = add_task(invoices), add_task(invoices)
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason="lunch")
        done, following = actions.complete(held.pk, by=anna)
        assert (done.status, following) == (Status.COMPLETED, None)

    def test_same_break_twice_is_one_break(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        for _ in range(2):
            actions.take_break(anna.pk, by=anna, reason="lunch")
        assert kinds(anna) == ["signed in", "went on break"]

    def test_coming_back_makes_free(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason="lunch")
        for _ in range(2):
            actions.come_back(anna.pk, by=anna)
        assert list(User.objects.free()) == [anna]
        assert kinds(anna) == ["signed in", "went on break", "came back"]

    def test_coming_back_after_being_signed_out_by_the_sweep(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
        actions.come_back(anna.pk, by=anna)
        assert reloaded(anna).takes_work

    def test_manager_cannot_end_the_break_of_somebody_signed_out(
        self, anna: User, mona: User
    ) -> None:
        with pytest.raises(InvalidTransition, match="not signed in"):
            actions.come_back(anna.pk, by=mona)

    def test_break_needs_a_reason_and_a_sign_in(self, anna: User) -> None:
        with pytest.raises(InvalidTransition, match="not signed in"):
            actions.take_break(anna.pk, by=anna, reason="lunch")
        actions.sign_in(anna.pk)
        with pytest.raises(InvalidInput):
            actions.take_break(anna.pk, by=anna, reason=" ")

    def test_only_they_and_managers_begin_and_end_a_break(
        self, anna: User, ben: User, mona: User
    ) -> None:
        actions.sign_in(anna.pk)
        with pytest.raises(NotAllowed):
            actions.take_break(anna.pk, by=ben, reason="lunch")
        with pytest.raises(NotAllowed):
            actions.come_back(anna.pk, by=ben)
        actions.take_break(anna.pk, by=mona, reason="talk to me")
        assert reloaded(anna).break_reason == "talk to me"

    def test_long_reason_is_cut_on_the_person_but_not_in_the_history(self, anna: User) -> None:
        actions.sign_in(anna.pk)
        actions.take_break(anna.pk, by=anna, reason="x" * 150)
        assert reloaded(anna).break_reason == "x" * 100
        row = anna.history.get(kind="went on break")
        assert row.history_change_reason == "x" * 150


class TestBeingSeen:
    @pytest.fixture
    def there(self, anna: User) -> User:
        actions.sign_in(anna.pk)
        return anna

    def seen_ago(self, person: User, ago: timedelta) -> User:
        User.objects.filter(pk=person.pk).update(last_seen_at=timezone.now() - ago)
        return reloaded(person)

    def test_last_seen_is_written_once_a_minute(
        self, there: User, django_assert_num_queries
    ) -> None:  # type: ignore[no-untyped-def]
        fresh = self.seen_ago(there, timedelta(seconds=50))
        with django_assert_num_queries(0):
            presence.seen(fresh)
        stale = self.seen_ago(there, timedelta(seconds=70))
        presence.seen(stale)
        assert reloaded(there).last_seen_at > timezone.now() - timedelta(seconds=10)

    def test_being_seen_writes_no_history(self, there: User) -> None:
        before = there.history.count()
        presence.seen(self.seen_ago(there, timedelta(hours=1)))
        assert there.history.count() == before

    def test_being_seen_does_not_sign_in(self, there: User) -> None:
        actions.sign_out(there.pk, by=None, reason="not seen")
        presence.seen(reloaded(there))
        assert not reloaded(there).is_logged_in

    def test_any_page_updates_last_seen(self, anna: User, client: Client) -> None:
        client.force_login(anna)
        self.seen_ago(anna, timedelta(minutes=5))
        client.get("/admin/")
        assert reloaded(anna).last_seen_at > timezone.now() - timedelta(seconds=30)
