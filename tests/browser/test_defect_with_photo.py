"""A check of twelve items finds a defect, and a photo shows it: by keyboard, and by thumb."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from qc.models import DefectCode, Evidence, Queue, Task, User
from qc.work import actions
from tests.browser.axe import faults
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready
from tests.browser.test_check import Keys, answer, item
from tests.browser.test_files import PASTE, png
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

ITEMS = [
    *({"key": f"body{n}", "question": f"Body {n}", "section": "Body"} for n in range(1, 6)),
    *({"key": f"seal{n}", "question": f"Seal {n}", "section": "Seal"} for n in range(1, 6)),
    {"key": "torque", "question": "Torque", "section": "Values", "kind": "number", "decimals": 1},
    {
        "key": "colour",
        "question": "Colour",
        "section": "Values",
        "kind": "choice",
        "options": [{"value": "red", "is_ok": True}, {"value": "grey", "is_ok": False}],
    },
]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting tasks, whose checks name a defect where they fail."""
    give_plan(invoices, *ITEMS, rule="checker")
    Queue.objects.update(needs_defects=True)
    DefectCode.objects.create(code="DNT", name="Dent")
    DefectCode.objects.create(code="SCR", name="Scratch")
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def page(two: list[Task], anna: User, sign_in: SignIn) -> Page:
    page = sign_in(anna)
    in_front(page, two[0])
    ready(page)
    return page


def assert_failed_with_a_photo(task: Task) -> None:
    photo = Evidence.objects.get(task=task)
    assert (photo.defect, photo.item) == ("SCR", "")
    [kept] = Task.objects.get(pk=task.pk).findings["files"]
    assert (kept["sha256"], kept["defect"]) == (photo.digest, "SCR")
    assert outcomes() == {task.reference: "failed"}


def test_takes_fewer_than_twelve_keys(page: Page, two: list[Task]) -> None:
    keys = Keys(page)
    keys.press("ArrowDown")  # the first item
    keys.press("0")  # the whole body
    keys.press("2")  # the first seal is not OK
    keys.press("0")  # all others are
    expect(item(page, "torque").locator("input")).to_be_focused()
    page.keyboard.type("9.5", delay=80)
    keys.press("Enter")
    keys.press("1")  # red
    keys.press("Control+Shift+Enter")
    expect(page.locator("[data-defect-search]")).to_be_focused()
    page.keyboard.type("scr", delay=80)
    keys.press("Enter")
    keys.count += 1  # Control+V: the browser's own would need a clipboard
    page.evaluate(PASTE, list(png(red=200)))
    expect(page.locator("[data-removes]")).to_be_visible()
    keys.press("Enter")
    in_front(page, two[1])
    assert keys.count < 12
    assert_failed_with_a_photo(two[0])


def test_goes_by_thumb_without_a_sideways_scroll(
    two: list[Task], anna: User, open_window: Callable[..., Page]
) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    page.goto("/admin/my-work/")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="All OK").first.click()
    for key, label in {"seal1": "Not OK", "colour": "red"}.items():
        answer(page, key, label)
    page.locator("[data-item=torque] input").fill("9.5")
    press(page, "Scratch")
    photo = {"name": "photo.png", "mimeType": "image/png", "buffer": png(red=100)}
    page.locator("[data-defect] input[type=file]").set_input_files([photo])  # type: ignore[list-item]
    expect(page.locator("[data-removes]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page, "a defect with its photo") == []
