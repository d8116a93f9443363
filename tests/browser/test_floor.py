"""A manager watches and steers the floor, in a browser."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc.models import NOT_RESPONDING, Queue, Task, User
from qc.work import actions, handover, presence
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
SignIn = Callable[[User], Page]


@pytest.fixture
def floor(
    anna: User, ben: User, mona: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> Page:
    """The floor on a manager's screen: Anna has QD-0001, Ben has QD-0002, QD-0003 waits."""
    cache.clear()
    for _ in range(3):
        add_task(invoices)
    actions.sign_in(anna.pk)
    actions.sign_in(ben.pk)
    page = sign_in(mona)
    expect(page).to_have_url("/admin/floor/")
    return page


def long_ago() -> datetime:
    return timezone.now() - timedelta(days=90)


def card(page: Page, person: User) -> object:
    return page.locator(f"#person-{person.pk}")


def next_look(page: Page) -> None:
    with page.expect_response(lambda answer: "/floor/panel/" in answer.url):
        pass


def test_only_the_changed_card_is_redrawn(
    floor: Page, anna: User, ben: User, invoices: Queue
) -> None:
    expect(card(floor, anna)).to_contain_text("QD-0001")
    expect(floor.locator(f"#queue-{invoices.pk}")).to_contain_text("Invoices")
    # A mark that would be lost if Ben's card were drawn anew.
    card(floor, ben).evaluate("element => element.dataset.mark = 'still here'")
    actions.complete(Task.objects.get(reference="QD-0001").pk, by=anna)
    expect(card(floor, anna)).to_contain_text("QD-0003")
    expect(card(floor, ben)).to_have_attribute("data-mark", "still here")
    expect(floor.locator(f"#queue-{invoices.pk}")).to_contain_text("–")


def test_person_is_put_on_break_from_a_card(floor: Page, anna: User) -> None:
    next_look(floor)  # buttons work in a panel that has been drawn anew, too
    card(floor, anna).get_by_role("button", name="Put on break").click()
    dialog = floor.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    floor.keyboard.type("fire drill")
    dialog.get_by_role("button", name="Put on break").click()
    expect(floor.get_by_text("anna is on break.")).to_be_visible()
    expect(floor).to_have_url("/admin/floor/")
    expect(card(floor, anna)).to_contain_text("on break: fire drill", ignore_case=True)
    assert User.objects.get(pk=anna.pk).break_reason == "fire drill"


def test_escape_closes_a_dialog_and_returns_the_focus(floor: Page, anna: User) -> None:
    button = card(floor, anna).get_by_role("button", name="Sign out")
    button.focus()
    floor.keyboard.press("Enter")
    expect(floor.get_by_role("dialog")).to_be_visible()
    floor.keyboard.press("Escape")
    expect(floor.get_by_role("dialog")).to_be_hidden()
    expect(button).to_be_focused()


def test_why_button_explains_why_a_person_is_free(
    floor: Page, ben: User, carla: User, labels: Queue
) -> None:
    presence.sign_in(carla.pk)
    card(floor, carla).get_by_role("button", name="Why?").click()
    dialog = floor.get_by_role("dialog", name="Why does carla have no task?")
    expect(dialog).to_contain_text("No tasks are waiting for carla")
    dialog.get_by_role("button", name="Close").click()
    expect(floor.get_by_role("dialog")).to_be_hidden()


def test_queue_is_paused_and_resumed(floor: Page, invoices: Queue) -> None:
    row = floor.locator(f"#queue-{invoices.pk}")
    row.get_by_role("button", name="Pause").click()
    floor.get_by_role("dialog").get_by_label("Reason").fill("scanner is broken")
    floor.get_by_role("dialog").get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused", ignore_case=True)
    row.get_by_role("button", name="Resume").click()
    floor.get_by_role("dialog").get_by_role("button", name="Resume").click()
    expect(row.get_by_role("button", name="Pause")).to_be_visible()


def test_signed_out_people_list_stays_open_after_reload(
    floor: Page, anna: User, ben: User, carla: User
) -> None:
    floor.get_by_text("1 person is signed out").click()
    expect(floor.get_by_role("link", name="carla")).to_be_visible()
    actions.sign_out(ben.pk, by=None, reason="gone")
    expect(floor.get_by_text("2 people are signed out")).to_be_visible()
    expect(floor.get_by_role("link", name="carla")).to_be_visible()


def test_charts_are_redrawn_in_place(floor: Page, anna: User, invoices: Queue) -> None:
    first = "document.querySelector('#chart-done canvas')"
    shown = f"() => {first} && Chart.getChart({first})?.data.datasets[0].data.at(-1)"
    floor.wait_for_function(f"() => ({shown})() === 0")
    actions.complete(Task.objects.get(reference="QD-0001").pk, by=anna)
    cache.clear()
    floor.evaluate("() => htmx.trigger('#floor-charts', 'renew')")
    floor.wait_for_function(f"() => ({shown})() === 1")
    # It is still drawn: not all of its points are empty.
    drawn = f"{first}.getContext('2d').getImageData(0, 0, 400, 200).data.some(point => point > 0)"
    assert floor.evaluate(drawn)


def test_page_says_when_it_is_out_of_date(floor: Page) -> None:
    stale = floor.get_by_text("This page is out of date")
    next_look(floor)
    expect(stale).to_be_hidden()
    floor.route("**/panel/**", lambda route: route.abort())
    expect(stale).to_be_visible()
    floor.unroute("**/panel/**")
    expect(stale).to_be_hidden()


def test_people_stay_where_they_are_until_somebody_sorts_them(
    floor: Page, anna: User, ben: User, carla: User
) -> None:
    order = "() => [...document.querySelectorAll('.qc-person h3')].map((one) => one.textContent)"
    sort = floor.get_by_role("button", name="Sort by urgency")
    assert floor.evaluate(order) == ["anna", "ben"]
    expect(sort).to_be_hidden()
    presence.take_break(ben.pk, by=None, reason=NOT_RESPONDING)
    actions.sign_in(carla.pk)
    expect(card(floor, ben)).to_contain_text("Does not respond")
    expect(card(floor, carla)).to_be_visible()
    assert floor.evaluate(order) == ["anna", "ben", "carla"]
    sort.click()
    expect(sort).to_be_hidden()
    assert floor.evaluate(order) == ["ben", "anna", "carla"]


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_german_queues_fit_into_the_page(
    floor: Page, mona: User, anna: User, invoices: Queue, add_task: AddTask, width: int
) -> None:
    for reference in ("QD-0001", "QD-0003"):
        actions.complete(Task.objects.get(reference=reference).pk, by=anna)
    Task.objects.filter(pk=add_task(invoices).pk).update(created_at=long_ago())
    handover.write(invoices.pk, "The lamp is dim.", by=mona)
    Queue.objects.create(name="Customer orders", open_to_all=True)
    User.objects.filter(pk=mona.pk).update(language="de")
    floor.set_viewport_size({"width": width, "height": 800})
    floor.reload()
    expect(floor.get_by_role("heading", name="Warteschlangen")).to_be_visible()
    last = floor.locator(f"#queue-{invoices.pk}").get_by_role("button", name="Anhalten")
    box = last.bounding_box()
    assert box
    assert box["x"] + box["width"] <= width
    assert floor.evaluate("document.documentElement.scrollWidth") <= width
