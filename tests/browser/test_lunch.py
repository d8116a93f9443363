"""A lunch in the browser: whoever takes a break keeps their task, and nobody blames them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc.models import Queue, Task, User
from qc.work import actions, sweep

pytestmark = pytest.mark.django_db(transaction=True)

LUNCH = timedelta(minutes=45)


def test_lunch_keeps_the_task_and_is_never_not_responding(
    anna: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    sign_in: Callable[[User], Page],
) -> None:
    task = add_task(invoices, reference="INV-1")
    page = sign_in(anna)
    expect(page.get_by_text("INV-1", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Take a break").click()
    page.get_by_role("button", name="Lunch").click()
    expect(page.get_by_text("You are on break.", exact=False).first).to_be_visible()

    began = timezone.now() - LUNCH
    Task.objects.filter(pk=task.pk).update(assigned_at=began, started_at=None, shown_at=None)
    User.objects.filter(pk=anna.pk).update(last_seen_at=began)
    for _again in range(3):
        sweep.sweep()

    page.get_by_role("button", name="I'm back").first.click()
    expect(page.get_by_role("button", name="Take a break")).to_be_visible()
    sweep.sweep()
    task.refresh_from_db()
    assert task.assignee == anna
    assert not task.history.filter(kind="returned").exists()
    reasons = anna.history.values_list("history_change_reason", flat=True)
    assert "not responding" not in reasons
    actions.complete(task.pk, by=anna)
