"""A check with twelve items is answered on *My work*, in a browser."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from qc.models import Answer, Queue, Task, User
from qc.work import actions
from tests.browser.axe import faults
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready, scan
from tests.databases import on_sqlite
from tests.plans import give_plan
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

BODY = [{"key": f"body{n}", "question": f"Body {n}", "section": "Body"} for n in range(1, 5)]
LID = [
    {"key": "lid", "question": "Has a lid", "section": "Lid", "required": False},
    {
        "key": "hinge",
        "question": "Hinge",
        "section": "Lid",
        "only_if": {"item": "lid", "answers": ["ok"]},
    },
    {"key": "seal", "question": "Seal", "section": "Lid", "critical": True},
    {"key": "print", "question": "Print", "section": "Lid"},
]
ENDS = [
    {
        "key": "torque",
        "question": "Torque",
        "section": "Screws",
        "kind": "number",
        "unit": "Nm",
        "lower": "8",
        "upper": "10",
        "decimals": 1,
        "help": "With the small wrench.",
    },
    {
        "key": "colour",
        "question": "Colour",
        "section": "Screws",
        "kind": "choice",
        "options": [{"value": "red", "is_ok": True}, {"value": "grey", "is_ok": False}],
    },
    {"key": "screws", "question": "All screws", "section": "Screws"},
    {"key": "box", "question": "Box", "section": "Screws"},
]


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting tasks of a queue whose plan has twelve items in three sections."""
    give_plan(invoices, *BODY, *LID, *ENDS)
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def page(two: list[Task], anna: User, sign_in: SignIn) -> Page:
    page = sign_in(anna)
    page.set_default_timeout(8000)
    in_front(page, two[0])
    ready(page)
    return page


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)
        # A digit waits for what follows it: in a scan it would be the first one. The page's own
        # clock says when it has waited enough, however busy the machine is.
        self.page.evaluate("() => new Promise((done) => setTimeout(done, 90))")


def item(page: Page, key: str):
    return page.locator(f"[data-item={key}]")


def answer(page: Page, key: str, label: str) -> None:
    item(page, key).get_by_text(label, exact=True).click()


def draft(task: Task) -> dict[str, str]:
    kept = Task.objects.get(pk=task.pk).draft_findings
    return kept["answers"] if kept else {}


def test_twelve_items_with_one_not_ok_take_fewer_than_twelve_keys(
    page: Page, two: list[Task]
) -> None:
    keys = Keys(page)
    keys.press("ArrowDown")  # the first item
    keys.press("0")  # body
    keys.press("1")  # has a lid
    keys.press("ArrowDown")  # past the hinge, which only now is asked
    keys.press("2")  # the seal is not OK
    keys.press("0")  # the rest
    expect(item(page, "torque").locator("input")).to_be_focused()
    page.keyboard.type("9.5", delay=80)
    keys.press("Enter")
    keys.press("1")  # red
    keys.press("0")
    expect(page.locator("#check-progress")).to_have_text("12 of 12 answered")
    expect(page.locator("#check-outcome")).to_have_text(
        "Follows: failed – critical and not OK: Seal."
    )
    keys.press("Control+Shift+Enter")
    in_front(page, two[1])
    assert keys.count < 12
    verdicts = dict(Answer.objects.values_list("item", "verdict"))
    assert (len(verdicts), verdicts["seal"], verdicts["torque"]) == (12, "not_ok", "ok")
    assert outcomes() == {"QD-0001": "failed"}


def test_answers_are_saved_as_they_are_given(page: Page, two: list[Task]) -> None:
    answer(page, "body1", "Not OK")
    until(lambda: draft(two[0]) == {"body1": "not_ok"})
    page.reload()
    expect(item(page, "body1").get_by_role("radio", name="Not OK")).to_be_checked()
    expect(page.locator("#check-progress")).to_have_text("1 of 11 answered")


def test_number_out_of_limits_says_its_limits_at_once(page: Page) -> None:
    item(page, "torque").locator("input").fill("10.5")
    expect(item(page, "torque").get_by_text("Not OK: 8 – 10 Nm")).to_be_visible()
    item(page, "torque").locator("input").fill("10")
    expect(item(page, "torque").get_by_text("Not OK")).not_to_be_visible()


def test_item_appears_where_its_condition_holds(page: Page) -> None:
    expect(item(page, "hinge")).not_to_be_visible()
    answer(page, "lid", "OK")
    expect(item(page, "hinge")).to_be_visible()
    answer(page, "lid", "Not OK")
    expect(item(page, "hinge")).not_to_be_visible()


def test_button_that_disagrees_says_why_and_sends_nothing(page: Page, two: list[Task]) -> None:
    answer(page, "seal", "Not OK")
    press(page, "Passed")
    expect(page.get_by_text("Not possible: critical and not OK: Seal.")).to_be_visible()
    assert outcomes() == {}


def test_refused_completion_marks_each_item_and_keeps_what_was_typed(
    page: Page, two: list[Task]
) -> None:
    answer(page, "body1", "OK")
    item(page, "torque").locator("input").fill("9.55")
    page.get_by_label("Notes").fill("mind the lid")
    press(page, "Passed")
    expect(
        page.get_by_text("9 answers are missing or wrong. They are marked below.")
    ).to_be_visible()
    expect(item(page, "torque").locator("[data-says]")).to_have_text(
        "Torque: a number, at most 1 decimal."
    )
    expect(item(page, "torque").locator("input")).to_have_value("9.55")
    expect(item(page, "body1").get_by_role("radio", name="OK", exact=True)).to_be_checked()
    expect(page.get_by_label("Notes")).to_have_value("mind the lid")
    expect(item(page, "body2").locator("input").first).to_be_focused()


def test_polling_redraws_nothing_that_somebody_answers(
    page: Page, two: list[Task], invoices: Queue
) -> None:
    item(page, "torque").locator("input").fill("9")
    Task.objects.filter(pk=two[0].pk).update(priority=1)
    page.evaluate("htmx.trigger('#my-work', 'look')")
    expect(page.get_by_text("P1 urgent")).to_be_visible()
    expect(item(page, "torque").locator("input")).to_have_value("9")


def test_second_tab_is_shown_the_newer_answers_and_may_take_them(
    page: Page, two: list[Task]
) -> None:
    other = page.context.new_page()
    other.goto("/admin/my-work/")
    answer(page, "body1", "OK")
    until(lambda: draft(two[0]) == {"body1": "ok"})
    answer(other, "body1", "Not OK")
    box = other.locator(".qc-newer")
    expect(box).to_be_visible()
    expect(box.locator("textarea")).to_have_value("Body 1: OK")
    expect(item(other, "body1").get_by_role("radio", name="Not OK")).to_be_checked()
    leads_there = other.get_by_role("link", name="Newer notes or answers from another tab")
    expect(leads_there).to_be_in_viewport()
    leads_there.click()
    expect(box).to_be_in_viewport()
    expect(box).to_be_focused()
    other.get_by_role("button", name="Use the newer notes").click()
    expect(item(other, "body1").get_by_role("radio", name="OK", exact=True)).to_be_checked()
    expect(box).not_to_be_visible()
    expect(leads_there).not_to_be_visible()


def test_two_tabs_with_different_answers_one_wins_and_the_other_loses_nothing(
    page: Page, two: list[Task], invoices: Queue
) -> None:
    give_plan(invoices, {"key": "lid"})
    Task.objects.update(plan=None)
    page.reload()
    ready(page)
    other = page.context.new_page()
    other.goto("/admin/my-work/")
    ready(other)
    # It has not looked meanwhile.
    other.route("**/panel/**", lambda route: route.fulfill(status=204))
    answer(page, "lid", "OK")
    press(page, "Passed")
    in_front(page, two[1])
    answer(other, "lid", "Not OK")
    other.mouse.move(5, 5)
    other.get_by_role("button", name="Passed").click()
    card = other.locator(".qc-kept")
    expect(card).to_be_visible()
    expect(card.get_by_role("radio", name="Not OK")).to_be_checked()
    assert Answer.objects.get().verdict == "ok"


def test_answers_stay_in_the_browser_while_the_line_is_lost(page: Page, two: list[Task]) -> None:
    page.route("**/draft/", lambda route: route.abort())
    answer(page, "body1", "Not OK")
    page.wait_for_timeout(900)
    assert draft(two[0]) == {}
    page.unroute("**/draft/")
    page.reload()
    expect(item(page, "body1").get_by_role("radio", name="Not OK")).to_be_checked()
    until(lambda: draft(two[0]) == {"body1": "not_ok"})


def test_scan_with_the_focus_in_an_item_answers_nothing(page: Page, two: list[Task]) -> None:
    page.keyboard.press("ArrowDown")
    page.clock.install()
    # A scanner's keys come at once, however slow the machine is.
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.keyboard.type("2222")
    page.clock.run_for(1000)
    assert page.locator(".qc-check input:checked").count() == 0
    expect(page.locator("#scan-reference")).to_have_value("2222")


WANTS_NO_SCAN = [
    {"key": "sent", "question": "Sent", "kind": "date"},
    {"key": "weight", "question": "Weight", "kind": "number"},
    {
        "key": "shelf",
        "question": "Shelf",
        "kind": "choice",
        "options": [{"value": f"{letter}1"} for letter in "ABCDEFGHIJKLMNOP"],
    },
]


@pytest.fixture
def form(invoices: Queue, add_task: AddTask, anna: User, sign_in: SignIn) -> Page:
    """A task that asks for a label, a date, a number and one of many choices."""
    label = {"key": "label", "question": "Label", "kind": "scan"}
    give_plan(invoices, label, *WANTS_NO_SCAN)
    task = add_task(invoices)
    page = sign_in(anna)
    in_front(page, task)
    ready(page)
    return page


@pytest.mark.parametrize(
    ("key", "given"), [("sent", "2026-03-02"), ("weight", "2,5"), ("shelf", "B1")]
)
def test_scan_of_a_reference_leaves_the_answer_that_has_the_focus(
    form: Page, key: str, given: str
) -> None:
    field = item(form, key).locator("input, select")
    if key == "shelf":
        field.select_option(given)
    else:
        field.fill(given)
    field.focus()
    scan(form, "MAT-1205")
    expect(form.locator("#my-work")).to_contain_text("There is no task MAT-1205.")
    expect(field).to_have_value(given)


def test_number_of_a_measuring_device_is_an_answer(form: Page) -> None:
    item(form, "weight").locator("input").focus()
    scan(form, "12.75")
    expect(item(form, "weight").locator("input")).to_have_value("12.75")
    expect(form.locator("#scan-reference")).to_have_value("")


def test_label_that_is_scanned_again_is_the_answer_alone(form: Page) -> None:
    label = item(form, "label").locator("input")
    for text in ("WRONG-1", "RIGHT-2"):
        label.click()
        scan(form, text)
        expect(label).to_have_value(text)
    expect(item(form, "sent").locator("input")).to_be_focused()


def test_correction_changes_answers_with_the_outcome(page: Page, two: list[Task]) -> None:
    for section in page.get_by_role("button", name="All OK").all():
        section.click()
    item(page, "torque").locator("input").fill("9")
    answer(page, "colour", "red")
    answer(page, "hinge", "OK")
    press(page, "Passed")
    in_front(page, two[1])
    page.locator("#done-today summary").click()
    page.get_by_role("button", name="Correct QD-0001").click()
    dialog = page.locator("dialog[open]")
    dialog.locator("[data-item=seal]").get_by_text("Not OK", exact=True).click()
    dialog.get_by_label("Failed").check()
    dialog.get_by_label("Reason").fill("seen later")
    dialog.get_by_role("button", name="Correct").click()
    expect(page.get_by_text("QD-0001 is corrected: failed.")).to_be_visible()
    assert Answer.objects.get(item="seal").verdict == "not_ok"


def test_axe_finds_no_fault(two: list[Task], anna: User, open_window: Callable[..., Page]) -> None:
    actions.sign_in(anna.pk)
    page = open_window(anna)
    page.goto("/admin/my-work/")
    answer(page, "seal", "Not OK")
    item(page, "torque").locator("input").fill("11")
    assert faults(page, "check") == []


@pytest.mark.parametrize("width", [390, 1024])
def test_nothing_is_wider_than_the_screen_and_targets_are_big(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = page.locator(".qc-answer").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(height for height in heights if height) >= 44
    sizes = page.locator(".qc-check :is(input[type=text], select, textarea)").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 16


@pytest.mark.parametrize(("width", "height"), [(390, 760), (390, 420), (720, 450)])
def test_item_that_has_the_focus_is_not_under_the_bar(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    answer(page, "body1", "Not OK")
    page.locator("#task-name").focus()
    for _ in range(11):
        page.keyboard.press("ArrowDown")
        bottom = page.evaluate(
            "document.activeElement.closest('[data-item]').getBoundingClientRect().bottom"
        )
        assert bottom <= page.evaluate(
            "document.querySelector('.qc-bar').getBoundingClientRect().top"
        )


def test_photo_counts_as_one_item_and_arrows_go_past_it(
    invoices: Queue, add_task: AddTask, anna: User, sign_in: SignIn
) -> None:
    photo = {"key": "photo", "question": "Photo", "kind": "photo", "required": False}
    give_plan(invoices, {"key": "lid"}, photo, {"key": "seal"})
    task = add_task(invoices)
    page = sign_in(anna)
    in_front(page, task)
    ready(page)
    expect(page.locator("#check-progress")).to_have_text("0 of 3 answered")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    focused = "document.activeElement.closest('fieldset').dataset.item"
    assert page.evaluate(focused) == "seal"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "lid"


def test_all_ok_in_a_correction_whose_section_ends_with_a_photo(
    invoices: Queue, add_task: AddTask, anna: User, sign_in: SignIn
) -> None:
    photo = {"key": "photo", "question": "Photo", "kind": "photo", "required": False}
    wood = {"key": "wood", "required": False, "only_if": {"item": "lid", "answers": ["ok"]}}
    give_plan(invoices, {"key": "lid", "help": "From above."}, wood, photo)
    tasks = [add_task(invoices), add_task(invoices)]
    page = sign_in(anna)
    in_front(page, tasks[0])
    ready(page)
    answer(page, "lid", "OK")
    press(page, "Passed")
    in_front(page, tasks[1])
    page.locator("#done-today summary").click()
    page.get_by_role("button", name="Correct QD-0001").click()
    # In front of the other task and its buttons.
    dialog = page.locator("dialog:modal")
    help_of_lid = dialog.locator("[data-item=lid] summary").element_handle()
    mark = "summary => getComputedStyle(summary, '::before').content"
    assert page.evaluate(mark, help_of_lid) == "none"
    dialog.get_by_role("button", name="All OK").click()
    expect(
        dialog.locator("[data-item=wood]").get_by_role("radio", name="OK", exact=True)
    ).to_be_checked()


def test_all_ok_takes_away_what_was_said_of_missing_answers(page: Page, two: list[Task]) -> None:
    answer(page, "body1", "OK")
    press(page, "Passed")
    says = item(page, "body2").locator("[data-says]")
    expect(says).to_have_text("Body 2: please answer this.")
    page.get_by_role("button", name="All OK").first.click()
    expect(says).to_have_text("")
