"""The story of a shift: a manager, two persons side by side, an auditor, each at a screen."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc.models import Queue, Task, User
from qc.work import sweep
from tests.browser.my_work import press

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[User], Page]

FILE = """reference,name,queue,priority,supplier
INV-1,Invoice of Acme,Invoices,1,Acme Fasteners
INV-2,Invoice of Brøndum,Invoices,2,Brøndum A/S
INV-3,Invoice of Kovács,Invoices,3,Kovács Kft.
INV-4,Invoice of Nordwind,Invoices,4,Nordwind Präzision
"""


def import_tasks(page: Page, file: Path) -> None:
    page.get_by_role("link", name="Imports").click()
    page.locator("[name=file]").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("4 new, 0 changed")).to_be_visible()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("4 tasks are new")).to_be_visible()


def in_front(page: Page, reference: str) -> None:
    expect(page).to_have_title(re.compile(f"● {reference} "))


def vanish(person: User, page: Page) -> None:
    """Their window is closed, and three hours go by: longer than a started task is kept."""
    page.context.close()
    long_ago = timezone.now() - timedelta(hours=3)
    User.objects.filter(pk=person.pk).update(last_seen_at=long_ago)
    Task.objects.held_by(person).filter(started_at__isnull=False).update(started_at=long_ago)
    sweep.sweep()


def test_story_of_a_shift(
    mona: User,
    anna: User,
    ben: User,
    otto: User,
    invoices: Queue,
    sign_in: SignIn,
    tmp_path: Path,
) -> None:
    cache.clear()
    (tmp_path / "tasks.csv").write_text(FILE)

    # Anna is there before there is anything to do; Mona's file brings her the most urgent.
    at_annas = sign_in(anna)
    expect(at_annas.get_by_text("No tasks right now")).to_be_visible()
    at_monas = sign_in(mona)
    import_tasks(at_monas, tmp_path / "tasks.csv")
    in_front(at_annas, "INV-1")
    expect(at_annas.get_by_text("Acme Fasteners")).to_be_visible()

    # Ben comes and gets the next. Both work.
    at_bens = sign_in(ben)
    in_front(at_bens, "INV-2")
    press(at_annas, "Passed")
    in_front(at_annas, "INV-3")
    at_bens.get_by_label("Notes").fill("seal broken")
    press(at_bens, "Failed")
    in_front(at_bens, "INV-4")

    # Ben breaks, and keeps what he has; Anna vanishes, and keeps nothing.
    at_bens.get_by_role("button", name="Take a break").click()
    at_bens.get_by_role("dialog").get_by_role("button", name="Coffee").click()
    expect(at_bens.get_by_role("heading", name="You are on break")).to_be_visible()
    vanish(anna, at_annas)
    at_monas.get_by_role("link", name="Floor", exact=True).click()
    bens_card = at_monas.locator(f"#person-{ben.pk}")
    expect(bens_card).to_contain_text("on break: Coffee", ignore_case=True)
    expect(at_monas.get_by_text("1 person is signed out")).to_be_visible()
    expect(at_monas.locator(f"#queue-{invoices.pk}")).to_contain_text("1")

    # Anna returns: she reads what became of her task, and has it again.
    at_annas = sign_in(anna)
    expect(at_annas.get_by_text("INV-3 went back to the queue")).to_be_visible()
    in_front(at_annas, "INV-3")
    press(at_annas, "Passed")
    expect(at_annas.get_by_text("No tasks right now")).to_be_visible()

    # Mona gives her what lies with Ben.
    bens_card.get_by_role("button", name="Reassign").click()
    dialog = at_monas.get_by_role("dialog")
    dialog.get_by_label("Person").select_option(str(anna.pk))
    dialog.get_by_label("Reason").fill("Ben is at coffee")
    dialog.get_by_role("button", name="Assign").click()
    in_front(at_annas, "INV-4")
    expect(
        at_bens.get_by_text(re.compile("mona took INV-4 back at .*: Ben is at coffee"))
    ).to_be_visible()
    press(at_annas, "Passed")
    expect(at_annas.get_by_text("No more tasks are waiting for you")).to_be_visible()
    assert set(Task.objects.values_list("reference", "status", "assignee__username")) == {
        ("INV-1", "completed", "anna"),
        ("INV-2", "completed", "ben"),
        ("INV-3", "completed", "anna"),
        ("INV-4", "completed", "anna"),
    }

    # Otto reads who did what and why, all of it; then the life of one task, by its reference.
    at_ottos = sign_in(otto)
    expect(at_ottos).to_have_url("/admin/trail/")
    trail = at_ottos.locator(".qc-trail")
    for words in (
        "mona imported INV-1 into Invoices",
        "ben completed INV-2, failed: “seal broken”",
        "ben went on break: Coffee",
        "The scheduler returned INV-3 from anna to the queue",
        "mona assigned INV-4 to anna: Ben is at coffee",
        "anna completed INV-4, passed",
    ):
        expect(trail).to_contain_text(words)
    at_ottos.keyboard.press("Control+k")
    at_ottos.get_by_placeholder("Type to search").press_sequentially("inv-4")
    expect(at_ottos.get_by_role("link", name="INV-4 Invoice of Nordwind")).to_be_visible()
    at_ottos.keyboard.press("Enter")
    story = at_ottos.get_by_role("list").filter(has_text="Ben is at coffee")
    for words in ("Imported", "Assigned", "Returned", "Ben is at coffee", "Completed"):
        expect(story).to_contain_text(words)
