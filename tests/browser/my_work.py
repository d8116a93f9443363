"""What people do on *My work*."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from qc.models import Task, User

AddTask = Callable[..., Task]
SignIn = Callable[[User], Page]


def in_front(page: Page, task: Task) -> None:
    """Expect the task to be the one that is shown in full."""
    expect(page.locator("#task-name")).to_have_text(task.name)
    expect(page).to_have_title(re.compile(f"● {task.reference} "))


def press(page: Page, name: str) -> None:
    """Move the pointer to a button of the task, and click."""
    page.mouse.move(2, 2)
    page.get_by_role("button", name=name).click()


def scan(page: Page, text: str) -> None:
    """Do as a scanner does: all keys at once, however slow the machine is, then Enter."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.clock.resume()


def ready(page: Page) -> None:
    """Wait until the buttons no longer wait for the eyes on a new task."""
    expect(page.locator("#my-work:not([data-quiet])")).to_be_visible()


def outcomes() -> dict[str, str]:
    """Return the outcomes of all completed tasks, by reference."""
    done = Task.objects.filter(status="completed")
    return dict(done.values_list("reference", "outcome"))
