"""Bulk changes of all matching tasks: the question, the batches, stopping, refusals, rights."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc.core.exceptions import InvalidInput, NotAllowed
from qc.models import BulkChange, Queue, Task, User
from qc.work import actions, assignment, bulk_changes, lifecycle
from tests.admin.conftest import signed_in

LIST = "admin:qc_task_changelist"
HTMX = {"HX-Request": "true"}


def ask(client: Client, action: str, query: str = "", **answers: Any) -> Any:
    sent = {"action": action, "_selected_action": "all", "select_across": "1"} | answers
    return client.post(reverse(LIST) + query, sent)


def begin(client: Client, action: str, query: str = "", reason: str = "stocktaking") -> BulkChange:
    """Answer the question, and return the bulk change that it begins."""
    page = ask(client, action, query)
    answers = {"upto": page.context["for_all"]["upto"], "_form_submitted": "True", "reason": reason}
    answer = ask(client, action, query, **answers)
    change = BulkChange.objects.latest("pk")
    assert answer.url == reverse("admin:qc_task_bulk", args=[change.pk])
    return change


def carry_on(client: Client, change: BulkChange, position: object) -> Any:
    url = reverse("admin:qc_task_bulk_on", args=[change.pk])
    answer = client.post(url, {"position": position}, headers=HTMX)
    change.refresh_from_db()
    return answer


@pytest.fixture
def tasks(invoices: Queue, labels: Queue, add_task: Callable[..., Task]) -> list[Task]:
    """Seven in Invoices, two in Labels."""
    return [*(add_task(invoices) for _ in range(7)), *(add_task(labels) for _ in range(2))]


def test_question_says_how_many_tasks_match(
    mona_client: Client, mona: User, tasks: list[Task], invoices: Queue
) -> None:
    lifecycle.cancel(tasks[0].pk, by=mona, reason="duplicate")
    page = ask(mona_client, "hold_selected", f"?queue__id__exact={invoices.pk}")
    text = " ".join(page.content.decode().split())
    assert "This changes 6 tasks:" in text
    assert "those that are waiting or assigned. Others stay as they are" in text
    assert Task.objects.filter(status="on_hold").count() == 0


def test_bulk_hold_without_a_reason_is_refused(mona_client: Client, tasks: list[Task]) -> None:
    answer = ask(mona_client, "hold_selected", reason=" ", _form_submitted="True")
    assert b"This field is required" in answer.content
    assert not BulkChange.objects.exists()


def test_batches_change_all_tasks_with_one_history_row_each(
    mona_client: Client, mona: User, tasks: list[Task], invoices: Queue, monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "BATCH", 3)
    monkeypatch.setattr(bulk_changes, "STEP", 3)
    change = begin(mona_client, "hold_selected", f"?queue__id__exact={invoices.pk}")
    assert change.total == 7
    positions = []
    while not change.is_over:
        carry_on(mona_client, change, change.position)
        positions.append(change.position)
    assert positions == [3, 6, 7]
    rows = Task.history.filter(kind="held").values_list(
        "history_change_reason", "history_user", "through"
    )
    assert list(rows) == [("stocktaking", mona.pk, "page")] * 7
    assert Task.objects.filter(status="on_hold").count() == 7
    page = mona_client.get(reverse("admin:qc_task_bulk", args=[change.pk]))
    assert "Finished with all 7 tasks." in page.content.decode()
    assert "hx-post" not in page.content.decode().split('id="bulk"')[1].split("</section>")[0]


def test_repeated_request_does_no_batch_twice(
    mona_client: Client, tasks: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "BATCH", 3)
    monkeypatch.setattr(bulk_changes, "STEP", 3)
    change = begin(mona_client, "cancel_selected")
    for _ in range(3):
        carry_on(mona_client, change, 0)
    assert (change.position, change.changed, change.refused) == (3, 3, 0)


def test_batch_that_another_request_has_taken_is_left_until_its_lease_ends(
    mona: User, tasks: list[Task]
) -> None:
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    soon = timezone.now() + timedelta(seconds=30)
    BulkChange.objects.update(busy_until=soon)
    assert bulk_changes.carry_on(change, 0, by=mona).changed == 0
    BulkChange.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert bulk_changes.carry_on(change, 0, by=mona).changed == 9  # the other one is dead


def test_bulk_change_can_be_stopped_between_batches(
    mona_client: Client, tasks: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "BATCH", 4)
    change = begin(mona_client, "hold_selected")
    carry_on(mona_client, change, 0)
    mona_client.post(reverse("admin:qc_task_bulk_stop", args=[change.pk]))
    answer = carry_on(mona_client, change, change.position)
    assert (change.position, change.changed) == (4, 4)
    assert "Stopped after 4 of 9 tasks." in answer.content.decode()
    assert Task.objects.filter(status="pending").count() == 5


def test_stop_is_noticed_in_the_middle_of_a_batch(
    mona: User, tasks: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "STEP", 2)
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    hold = actions.hold

    def hold_and_stop(*args: Any, **kwargs: Any) -> Task:
        bulk_changes.stop(change)
        return hold(*args, **kwargs)

    monkeypatch.setitem(bulk_changes.CHANGES, "hold", hold_and_stop)
    assert bulk_changes.carry_on(change, 0, by=mona).position == 2


def test_stopped_change_counts_on_until_its_last_step_is_done(
    mona_client: Client, mona: User, tasks: list[Task], monkeypatch: Any
) -> None:
    """Who stops it sees the page while another request is in the middle of a step."""
    monkeypatch.setattr(bulk_changes, "STEP", 2)
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    hold, pages = actions.hold, []

    def hold_and_stop(*args: Any, **kwargs: Any) -> Task:
        stop = reverse("admin:qc_task_bulk_stop", args=[change.pk])
        pages.append(mona_client.post(stop, follow=True).content.decode())
        return hold(*args, **kwargs)

    monkeypatch.setitem(bulk_changes.CHANGES, "hold", hold_and_stop)
    bulk_changes.carry_on(change, 0, by=mona)
    assert "Stopped after" not in pages[0]
    assert "hx-post" in pages[0]
    last = carry_on(mona_client, change, 0).content.decode()
    assert "Stopped after 2 of 9 tasks." in last
    assert "hx-post" not in last


def test_slow_batch_ends_early(mona: User, tasks: list[Task], monkeypatch: Any) -> None:
    monkeypatch.setattr(bulk_changes, "STEP", 2)
    monkeypatch.setattr(bulk_changes, "SECONDS", 0)
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    assert bulk_changes.carry_on(change, 0, by=mona).position == 2


def test_refusals_are_counted_and_the_first_are_named(
    mona_client: Client, mona: User, tasks: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "REFUSALS_KEPT", 2)
    change = begin(mona_client, "hold_selected")
    for task in tasks[:3]:  # somebody was quicker
        lifecycle.cancel(task.pk, by=mona, reason="duplicate")
    page = carry_on(mona_client, change, 0).content.decode()
    assert (change.changed, change.refused) == (6, 3)
    assert "QD-0001 is cancelled. This cannot be done with it now." in page
    assert "QD-0003 is cancelled" not in page
    assert "1 more were refused." in page


def test_task_that_arrives_after_the_question_is_not_changed(
    mona_client: Client, tasks: list[Task], invoices: Queue, add_task: Callable[..., Task]
) -> None:
    upto = ask(mona_client, "hold_selected").context["for_all"]["upto"]
    add_task(invoices)
    answers = {"upto": upto, "_form_submitted": "True", "reason": "wait"}
    ask(mona_client, "hold_selected", **answers)
    assert BulkChange.objects.get().total == 9


def test_person_whose_task_is_held_gets_none_of_the_others_to_be_held(
    mona_client: Client, anna: User, tasks: list[Task]
) -> None:
    signed_in(anna)
    assignment.hand_out(anna.pk)
    change = begin(mona_client, "hold_selected")
    carry_on(mona_client, change, 0)
    assert Task.objects.filter(status="on_hold").count() == 9
    assert Task.history.filter(kind="assigned").count() == 1


def test_bulk_resume_needs_no_reason_and_hands_tasks_out(
    mona_client: Client, mona: User, anna: User, tasks: list[Task]
) -> None:
    for task in tasks:
        lifecycle.hold(task.pk, by=mona, reason="wait")
    signed_in(anna)
    change = begin(mona_client, "resume_selected", "?status__exact=on_hold", reason="")
    carry_on(mona_client, change, 0)
    assert change.changed == 9
    assert Task.objects.held_by(anna).count() == 1


def test_action_that_no_matching_task_allows_shows_a_warning(
    mona_client: Client, tasks: list[Task]
) -> None:
    sent = {"action": "resume_selected", "_selected_action": "all", "select_across": "1"}
    answer = mona_client.post(reverse(LIST), sent, follow=True)
    assert "None of the matching tasks has a status that allows this." in answer.content.decode()


def test_all_matching_tasks_can_t_be_assigned_to_one_person(
    mona_client: Client, tasks: list[Task]
) -> None:
    sent = {"action": "assign_selected", "_selected_action": "all", "select_across": "1"}
    answer = mona_client.post(reverse(LIST), sent, follow=True)
    assert "Tasks are assigned one by one" in answer.content.decode()


def test_question_is_limited_to_the_most_tasks_of_one_change(
    mona_client: Client, tasks: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(bulk_changes, "MOST_TASKS", 4)
    page = ask(mona_client, "hold_selected").content.decode()
    assert "This changes 4 tasks:" in page
    assert "Repeat it for the rest" in page
    assert begin(mona_client, "hold_selected").tasks == [task.pk for task in tasks[:4]]


def test_bulk_change_is_shown_to_the_manager_who_began_it_only(
    mona: User, otto: User, anna: User, root: User, sign_in_client: Any, tasks: list[Task]
) -> None:
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    for user, refusal in ((otto, 403), (anna, 403), (root, 404)):
        client = sign_in_client(user)
        assert carry_on(client, change, 0).status_code == refusal
        for name in ("bulk", "bulk_stop"):
            url = reverse(f"admin:qc_task_{name}", args=[change.pk])
            answer = client.get(url) if name == "bulk" else client.post(url)
            assert answer.status_code == refusal
    assert carry_on(Client(), change, 0).headers["HX-Refresh"] == "true"  # to the sign-in page
    assert (change.position, change.is_stopped) == (0, False)


def test_only_a_manager_may_begin_a_bulk_change(
    otto: User, anna: User, sign_in_client: Any, tasks: Any
) -> None:
    for user in (otto, anna):
        answers = {"_form_submitted": "True", "reason": "mine"}
        ask(sign_in_client(user), "cancel_selected", **answers)
        with pytest.raises(NotAllowed):
            bulk_changes.begin("cancel", Task.objects.all(), by=user, reason="mine")
    assert not BulkChange.objects.exists()


def test_former_manager_can_t_carry_on_a_bulk_change(mona: User, tasks: list[Task]) -> None:
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    mona.groups.clear()
    with pytest.raises(NotAllowed):
        bulk_changes.carry_on(change, 0, by=User.objects.get(pk=mona.pk))


def test_bulk_change_itself_requires_a_reason(mona: User, tasks: list[Task]) -> None:
    with pytest.raises(InvalidInput):
        bulk_changes.begin("hold", Task.objects.all(), by=mona, reason=" ")


def test_bulk_change_needs_a_post_with_csrf_token(mona: User, tasks: list[Task]) -> None:
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    client = Client(enforce_csrf_checks=True)
    client.force_login(mona)
    assert carry_on(client, change, 0).status_code == 403
    for name in ("bulk_on", "bulk_stop"):
        assert client.get(reverse(f"admin:qc_task_{name}", args=[change.pk])).status_code == 405
    assert Task.objects.filter(status="pending").count() == 9


def test_button_carries_a_bulk_change_on_without_scripts(
    mona: User, sign_in_client: Any, tasks: Any
) -> None:
    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    client, page = sign_in_client(mona), reverse("admin:qc_task_bulk", args=[change.pk])
    url = reverse("admin:qc_task_bulk_on", args=[change.pk])
    assert client.post(url, {"position": 0}).url == page
    assert client.post(url, {"position": "x"}).status_code == 404


def test_old_bulk_changes_are_deleted(mona: User, tasks: list[Task]) -> None:
    old = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    new = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    BulkChange.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
    bulk_changes.delete_expired()
    assert list(BulkChange.objects.all()) == [new]


def test_list_offers_all_matching_tasks_when_there_is_more_than_one_page(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    for _ in range(50):
        add_task(invoices)
    url = reverse(LIST)
    assert "that match" not in mona_client.get(url).content.decode()
    add_task(invoices)
    assert "Select all 51 matching tasks" in mona_client.get(url).content.decode()


def test_question_needs_no_more_queries_for_many_tasks(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    def queries_of_the_question() -> int:
        with CaptureQueriesContext(connection) as queries:
            ask(mona_client, "hold_selected")
        return len(queries)

    add_task(invoices)
    ask(mona_client, "hold_selected")  # once a minute it is noted that the session is in use
    few = queries_of_the_question()
    for _ in range(30):
        add_task(invoices)
    assert queries_of_the_question() == few


def test_list_links_to_the_manager_s_unfinished_bulk_change(
    mona_client: Client, otto_client: Client, mona: User, tasks: list[Task]
) -> None:
    def has_link(client: Client) -> bool:
        return "is not completed" in client.get(reverse(LIST)).content.decode()

    change = bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="wait")
    assert has_link(mona_client)
    assert not has_link(otto_client)
    bulk_changes.stop(change)
    assert not has_link(mona_client)
