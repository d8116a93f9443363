"""What was typed in a form outlives the session, for the person who typed it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc.admin.tasks.admin import TaskAdmin
from qc.models import Queue, Role, SignIn, Task, User
from qc.work import actions, queue_changes
from tests.admin.conftest import change
from tests.browser.axe import faults
from tests.chromium import enter
from tests.conftest import group
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
Open = Callable[..., Page]

LINE = "What you typed before is here again."


@pytest.fixture
def task(invoices: Queue, add_task: AddTask) -> Task:
    """The only task, which waits."""
    return add_task(invoices, reference="INV-1", instructions="Look.")


def save(page: Page) -> None:
    if (reason := page.locator("#id_edit_reason")).is_visible():
        reason.fill("It was wrong.")
    page.get_by_role("button", name="Save", exact=True).click()


def end_all() -> None:
    Session.objects.all().delete()


def leave_unused() -> None:
    SignIn.objects.update(last_used_at=timezone.now() - timedelta(hours=3))
    cache.clear()


def typed_in_vain(page: Page, task: Task, end: Callable[[], None] = end_all) -> None:
    """Type into the form of a task whose session ends before it is saved."""
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    page.get_by_label("Priority").select_option("1")
    end()
    save(page)
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.parametrize("end", [end_all, leave_unused])
def test_form_typed_when_the_session_ended_is_there_after_signing_in(
    task: Task, mona: User, open_window: Open, end: Callable[[], None]
) -> None:
    page = open_window(mona)
    typed_in_vain(page, task, end)
    enter(page, "mona")
    expect(page.get_by_text(LINE)).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Check seal")
    expect(page.get_by_label("Priority")).to_have_value("1")
    assert faults(page, "a form that was kept") == []
    save(page)
    until(lambda: Task.objects.get().name == "Check seal")
    page.goto(change(task))
    expect(page.get_by_text(LINE)).to_have_count(0)


def test_only_what_was_changed_is_put_back(task: Task, mona: User, open_window: Open) -> None:
    page = open_window(mona)
    typed_in_vain(page, task)
    Task.objects.update(instructions="Look twice.")
    enter(page, "mona")
    expect(page.get_by_label("Instructions")).to_have_value("Look twice.")
    save(page)
    until(lambda: Task.objects.get().name == "Check seal")
    assert Task.objects.get().instructions == "Look twice."


def test_form_is_put_back_for_nobody_else(
    task: Task, mona: User, ben: User, open_window: Open
) -> None:
    page = open_window(mona)
    typed_in_vain(page, task)
    ben.groups.add(group(Role.MANAGERS))
    enter(page, "ben")
    expect(page.locator("#id_name")).to_have_value("Check 1")
    assert "Check seal" not in page.content()


def test_kept_form_can_be_discarded(task: Task, mona: User, open_window: Open) -> None:
    page = open_window(mona)
    typed_in_vain(page, task)
    enter(page, "mona")
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator("#id_name")).to_have_value("Check 1")
    page.reload()
    expect(page.locator("#id_name")).to_have_value("Check 1")


def test_form_that_its_user_left_is_not_put_back(task: Task, mona: User, open_window: Open) -> None:
    page = open_window(mona)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    page.goto("/admin/floor/")
    page.goto(change(task))
    expect(page.locator("#id_name")).to_have_value("Check 1")


def test_reason_typed_in_a_dialog_is_kept(task: Task, mona: User, open_window: Open) -> None:
    page = open_window(mona)
    page.goto(change(task))
    opener = page.get_by_role("link", name="Hold").or_(page.get_by_role("button", name="Hold"))
    opener.first.click()
    page.get_by_role("dialog").get_by_label("Reason").fill("call the supplier")
    Session.objects.all().delete()
    page.get_by_role("dialog").get_by_role("button", name="Hold").click()
    enter(page, "mona")
    expect(page.get_by_text("What you typed before is kept.")).to_be_visible()
    expect(page.get_by_text("call the supplier")).to_be_visible()
    opener.first.click()
    reason = page.get_by_role("dialog").get_by_label("Reason")
    expect(reason).to_have_value("call the supplier")
    page.get_by_role("dialog").get_by_role("button", name="Hold").click()
    until(lambda: Task.objects.get().status == "on_hold")


def test_notes_typed_when_the_session_ended_are_there_after_signing_in(
    task: Task, anna: User, open_window: Open
) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    page.goto("/admin/my-work/")
    expect(page.locator(".qc-notes")).to_be_visible()
    Session.objects.all().delete()
    page.locator(".qc-notes").press_sequentially("corner bent")
    page.locator("#qc-connection").get_by_role("link", name="Sign in").click()
    enter(page, "anna")
    expect(page.locator(".qc-notes")).to_have_value("corner bent")
    until(lambda: Task.objects.get().draft == "corner bent")


def test_two_tabs_on_a_form_show_both_values_before_one_overwrites_the_other(
    task: Task, mona: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(change(task))
    other = page.context.new_page()
    other.goto(change(task))
    other.locator("#id_name").fill("Theirs")
    save(other)
    until(lambda: Task.objects.get().name == "Theirs")
    page.locator("#id_name").fill("Mine")
    page.get_by_label("Instructions").fill("Look twice.")
    save(page)
    warning = "Now it is Theirs; you entered Mine. Save again to overwrite."
    expect(page.get_by_text(warning)).to_be_visible()
    expect(page.get_by_label("Instructions")).to_have_value("Look twice.")
    assert faults(page, "a contested form") == []
    assert Task.objects.get().name == "Theirs"
    save(page)
    until(lambda: Task.objects.get().name == "Mine")
    assert Task.objects.get().instructions == "Look twice."


def test_form_of_a_task_that_was_completed_meanwhile_keeps_the_edit(
    task: Task, mona: User, anna: User, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    actions.sign_in(anna.pk)
    actions.complete(task.pk, by=anna)
    save(page)
    expect(page.get_by_text("was completed meanwhile. Nothing was changed.")).to_be_visible()
    page.get_by_role("link", name="Open the page again").click()
    expect(page.get_by_text("What you typed before is kept.")).to_be_visible()
    expect(page.get_by_text("Check seal")).to_be_visible()


def test_form_of_a_queue_that_was_merged_meanwhile_says_so_and_keeps_the_edit(
    mona: User, invoices: Queue, labels: Queue, open_window: Open
) -> None:
    page = open_window(mona)
    page.goto(change(labels))
    page.get_by_label("Description").fill("Look at the corners.")
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    save(page)
    expect(page.get_by_text("Labels was merged into Invoices meanwhile.")).to_be_visible()
    page.get_by_role("link", name="Open the page again").click()
    expect(page.get_by_text("What you typed before is kept.")).to_be_visible()
    expect(page.get_by_text("Look at the corners.")).to_be_visible()


def test_form_is_kept_when_the_server_fails(
    task: Task, mona: User, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("as when the database has gone")

    page = open_window(mona)
    page.goto(change(task))
    page.locator("#id_name").fill("Check seal")
    with monkeypatch.context() as broken:
        broken.setattr(TaskAdmin, "save_model", fail)
        save(page)
        expect(page.get_by_text("What you typed is kept in this tab.")).to_be_visible()
    page.goto(change(task))
    expect(page.locator("#id_name")).to_have_value("Check seal")
