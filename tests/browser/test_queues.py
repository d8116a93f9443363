"""A manager changes queues in a browser: many tasks at once, a merge, and what all gave back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from qc.models import Queue, Task, User
from qc.work import actions, lifecycle, presence
from tests.browser.axe import faults
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]


def test_manager_moves_all_matching_tasks_and_sets_when_they_are_due(
    desk: Page, invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    for _ in range(3):
        add_task(labels)
    desk.goto(f"/admin/qc/task/?queue__id__exact={labels.pk}")
    _choose_for_all(desk, "Set the due time of selected tasks")
    expect(desk.get_by_label("Due")).to_be_focused()
    desk.get_by_label("Due").fill("2030-05-04T14:30")
    desk.get_by_label("Reason").fill("new contract")
    found = faults(desk, "due time of many tasks")
    desk.get_by_role("button", name="Set the due time of selected tasks").click()
    expect(desk.get_by_text("3 tasks changed.")).to_be_visible()
    _choose_for_all(desk, "Move selected tasks to a queue")
    desk.get_by_label("Queue").select_option("Invoices")
    desk.get_by_label("Reason").fill("one pile")
    found += faults(desk, "move many tasks")
    desk.get_by_role("button", name="Move selected tasks to a queue").click()
    expect(desk.get_by_text("3 tasks changed.")).to_be_visible()
    assert Task.objects.filter(queue=invoices, due_at__year=2030).count() == 3
    assert found == []


def test_first_field_of_a_question_has_the_focus_though_scripts_come_late(
    desk: Page, labels: Queue, add_task: AddTask
) -> None:
    add_task(labels)
    desk.goto("/admin/qc/task/")
    held: list[Route] = []
    desk.route("**/alpine/alpine.js*", lambda route: held.append(route))  # noqa: PLW0108
    _choose_for_all(desk, "Set the due time of selected tasks")
    until(lambda: desk.wait_for_timeout(50) or held)
    desk.evaluate("() => new Promise(requestAnimationFrame)")
    held[0].continue_()
    expect(desk.get_by_label("Due")).to_be_focused()


def test_question_about_many_tasks_is_no_wider_than_a_phone(
    desk: Page, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    add_task(invoices)
    User.objects.filter(pk=mona.pk).update(language="de")
    desk.goto("/admin/qc/task/")
    desk.locator("#action-toggle").check()
    desk.locator("select[name=action]").select_option("move_selected")
    desk.get_by_role("button", name="Ausführen").click()
    desk.set_viewport_size({"width": 390, "height": 844})
    button = desk.get_by_role("button", name="Gewählte Aufgaben in eine Warteschlange verschieben")
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390


def test_manager_merges_a_queue_in_a_dialog(
    desk: Page, invoices: Queue, labels: Queue, carla: User, add_task: AddTask
) -> None:
    task = add_task(labels)
    desk.goto(f"/admin/qc/queue/{labels.pk}/change/")
    found = faults(desk, "queue")
    desk.get_by_role("link", name="Merge", exact=True).click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_label("Into")).to_be_focused()
    dialog.get_by_label("Into").select_option("Invoices")
    dialog.get_by_label("Reason").fill("too small")
    found += faults(desk, "merge")
    dialog.get_by_role("button", name="Merge").click()
    expect(desk.get_by_text("Labels is merged.")).to_be_visible()
    found += faults(desk, "closed queue")
    expect(desk.get_by_role("link", name="Merge", exact=True)).to_have_count(0)
    task.refresh_from_db()
    assert (task.queue, list(carla.queues.all())) == (invoices, [invoices])
    assert found == []


def test_floor_shows_who_left_with_a_task_and_what_everybody_gave_back(
    desk: Page, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    heavy, begun = add_task(invoices, priority=1), add_task(invoices)
    actions.sign_in(anna.pk)
    actions.release(heavy.pk, by=anna, reason="too heavy")
    lifecycle.start(begun.pk, by=anna)
    long_ago = timezone.now() - timedelta(minutes=100)
    Task.objects.filter(pk=begun.pk).update(started_at=long_ago)
    User.objects.filter(pk=anna.pk).update(last_seen_at=long_ago)
    desk.goto("/admin/floor/")
    expect(desk.get_by_text(f"{begun.reference} goes back at")).to_be_visible()
    found = faults(desk, "silent")
    presence.sign_out(anna.pk, by=None, reason="not seen", keeps_started=True)
    expect(desk.get_by_text(f"Signed out; keeps {begun.reference} until")).to_be_visible()
    given_back: Any = desk.get_by_role("region", name="Given back by everybody")
    expect(given_back.get_by_text(heavy.reference, exact=True)).to_be_visible()
    found += faults(desk, "given back by everybody")
    given_back.get_by_role("button", name=f"Assign – {heavy.reference}").click()
    expect(desk.get_by_role("dialog").get_by_label("Person")).to_be_visible()
    assert found == []


def _choose_for_all(desk: Page, action: str) -> None:
    desk.locator("#action-toggle").check()
    desk.get_by_label("Select action to run").select_option(action)
    desk.get_by_role("button", name="Run").click()
