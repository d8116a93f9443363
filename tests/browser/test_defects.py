"""Defects named on *My work*, in a browser: by keys alone, by thumb, and never lost."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from qc.models import DefectCode, Queue, Task, User
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready, scan
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

SEARCH = "[data-defect-search]"


@pytest.fixture
def codes(invoices: Queue) -> list[DefectCode]:
    """Invoices that fail name a defect; there are three codes."""
    Queue.objects.filter(pk=invoices.pk).update(needs_defects=True)
    return [
        DefectCode.objects.create(group=group, code=code, name=name, name_de=german, severity=2)
        for group, code, name, german in (
            ("Papers", "CRT", "Certificate missing", "Zeugnis fehlt"),
            ("Surface", "DNT", "Dent", "Delle"),
            ("Surface", "SCR", "Scratch", "Kratzer"),
        )
    ]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    return [add_task(invoices) for _ in range(2)]


def found(task: Task) -> list[Any]:
    task.refresh_from_db()
    defects = (task.findings or {}).get("defects", [])
    return [(one["code"], one["quantity"], one["severity"]) for one in defects]


def rows(page: Page) -> Any:
    return page.locator("[data-defect]")


def draft_saved(page: Page) -> Any:
    return page.expect_response(lambda answer: "/draft/" in answer.url)


def test_defect_is_named_by_keys_alone(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.locator(SEARCH)).to_be_focused()
    assert outcomes() == {}
    page.keyboard.type("kratz", delay=80)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("Enter")
    in_front(page, two[1])
    assert found(two[0]) == [("SCR", 1, 2)]
    assert outcomes() == {two[0].reference: "failed"}


def test_digits_choose_the_frequent_codes_and_again_counts_one_more(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    page.locator(SEARCH).focus()
    for key in "112":
        page.keyboard.press(key, delay=80)
    expect(rows(page)).to_have_count(2)
    press(page, "Failed")
    in_front(page, two[1])
    assert found(two[0]) == [("CRT", 2, 2), ("DNT", 1, 2)]


def test_scan_into_the_empty_search_names_no_defect(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    page.locator(SEARCH).focus()
    scan(page, "2006381333931")
    expect(page.locator("#my-work")).to_contain_text("There is no task 2006381333931.")
    expect(rows(page)).to_have_count(0)


def test_digits_are_no_keys_where_codes_begin_with_them(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    DefectCode.objects.filter(code="CRT").update(code="1RT")
    page = sign_in(anna)
    ready(page)
    expect(page.locator(".qc-frequent kbd")).to_have_count(0)
    page.locator(SEARCH).focus()
    page.keyboard.press("1", delay=80)
    expect(page.get_by_role("option")).to_have_count(1)
    expect(rows(page)).to_have_count(0)


def test_named_defects_are_kept_as_a_draft_and_can_be_removed(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    with draft_saved(page):
        page.get_by_role("button", name="Dent").click()
    with draft_saved(page):
        page.get_by_label("Note", exact=True).fill("on the lid")
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_label("Note", exact=True)).to_have_value("on the lid")
    expect(page.locator("[data-defect-named]")).to_have_text("Dent")
    with draft_saved(page):
        page.get_by_role("button", name="Remove").click()
    page.reload()
    expect(rows(page)).to_have_count(0)


def test_code_that_was_switched_off_meanwhile_is_named_and_nothing_is_lost(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    page.get_by_role("button", name="Dent").click()
    DefectCode.objects.filter(code="DNT").update(is_active=False)
    press(page, "Failed")
    said = page.locator("[data-defect-error]")
    expect(said).to_have_text("DNT was switched off; choose another.")
    expect(rows(page)).to_have_count(1)
    assert outcomes() == {}
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Scratch").click()
    press(page, "Failed")
    in_front(page, two[1])
    assert found(two[0]) == [("SCR", 1, 2)]


def test_newer_defects_from_another_tab_can_be_taken(
    two: list[Task], anna: User, codes: list[DefectCode], sign_in: SignIn
) -> None:
    page = sign_in(anna)
    ready(page)
    other = page.context.new_page()
    other.goto("/admin/my-work/")
    ready(other)
    with draft_saved(other):
        other.get_by_role("button", name="Scratch").click()
    with draft_saved(page):
        page.get_by_role("button", name="Dent").click()
    page.get_by_role("button", name="Use the newer notes").click()
    expect(rows(page)).to_have_count(1)
    expect(page.locator("[data-defect-shown]")).to_have_text("SCR")


def test_quantities_say_what_is_wrong_with_them(
    two: list[Task], anna: User, invoices: Queue, sign_in: SignIn
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(counts_quantities=True)
    Task.objects.filter(pk=two[0].pk).update(lot_size=50)
    page = sign_in(anna)
    ready(page)
    said = page.locator("[data-quantity-error=inspected]")
    press(page, "Passed")
    expect(said).to_have_text("Enter how many were inspected.")
    page.get_by_label("Inspected").fill("60")
    page.get_by_label("Rejected").fill("0")
    press(page, "Passed")
    expect(said).to_have_text("Enter a whole number from 1 to 50, the size of the lot.")
    page.get_by_label("Inspected").fill("50")
    page.get_by_label("Rejected").fill("4")
    press(page, "Passed in part")
    in_front(page, two[1])
    until(lambda: outcomes() == {two[0].reference: "partial"})
    two[0].refresh_from_db()
    assert (two[0].inspected, two[0].rejected) == (50, 4)


def test_failed_task_is_reworked_by_a_button_beside_undo(
    two: list[Task], anna: User, invoices: Queue, labels: Queue, sign_in: SignIn
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(rework_queue=labels)
    page = sign_in(anna)
    ready(page)
    page.locator(".qc-notes").fill("torn")
    press(page, "Failed")
    in_front(page, two[1])
    ready(page)
    press(page, "Rework")
    page.get_by_label("What is to be done").fill("Print it anew.")
    page.get_by_role("button", name="Have it reworked").click()
    expect(page.get_by_text("QD-0001/R1 is made, in Labels.")).to_be_visible()
    assert two[0].followers.get().instructions == "Print it anew."
