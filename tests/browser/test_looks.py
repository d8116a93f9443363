"""How often an open page asks whether anything is new, in a browser whose clock the test sets."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from qc.models import Queue, Task, User
from qc.work import actions
from tests.browser.my_work import in_front
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
Open = Callable[[User], Page]
# The worker that ticks, and what is visible, are the test's.
HELD = """
window.Worker = class { constructor() { window.tick = () => this.onmessage({ data: "tick" }); } };
window.show = (state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


class Watched:
    """A page that asks only when the test lets time go on."""

    def __init__(self, page: Page, path: str) -> None:
        self.page = page
        self.asked: list[Request] = []
        page.add_init_script(HELD)
        page.clock.install()
        page.goto(path)
        page.on("request", self.note)

    def note(self, request: Request) -> None:
        if "/panel/" in request.url:
            self.asked.append(request)

    def asks_after(self, seconds: float) -> bool:
        """Let time go on; return whether the page then asks at the next tick."""
        before = len(self.asked)
        self.page.clock.fast_forward(int(seconds * 1000))
        self.page.evaluate("() => tick()")
        # What was asked is on its way before this is.
        self.page.evaluate("() => fetch('/healthz').then(() => true)")
        self.settle()
        return len(self.asked) > before

    def settle(self) -> None:
        """Wait until each question has its answer."""
        for request in self.asked:
            request.response()
        expect(self.page.locator(".htmx-request, .htmx-settling")).to_have_count(0)

    def looks(self) -> list[str]:
        """Return what the page has sent as seen, question by question."""
        queries = [parse_qs(urlsplit(request.url).query) for request in self.asked]
        return [query.get("look", [""])[0] for query in queries]


@pytest.fixture
def busy(open_window: Open, anna: User, invoices: Queue, add_task: AddTask) -> Watched:
    """Anna's page, with a task."""
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.start(task.pk, by=anna)
    page = Watched(open_window(anna), "/admin/my-work/")
    in_front(page.page, task)
    return page


@pytest.fixture
def resting(open_window: Open, anna: User) -> Watched:
    """Anna's page, without a task."""
    page = Watched(open_window(anna), "/admin/my-work/")
    expect(page.page.get_by_text("No tasks right now")).to_be_visible()
    return page


def test_page_asks_every_three_seconds_with_what_it_has_seen(busy: Watched) -> None:
    assert not busy.asks_after(1)
    assert busy.asks_after(2)
    assert busy.asks_after(3)
    assert busy.asks_after(3)
    first, second, third = busy.looks()
    assert first == ""
    assert second == third != ""


def test_page_in_the_background_asks_every_half_minute(busy: Watched) -> None:
    assert busy.asks_after(3)
    busy.page.evaluate("() => show('hidden')")
    assert not busy.asks_after(27)
    assert busy.asks_after(3)


def test_page_in_the_background_of_whoever_waits_asks_more_often(resting: Watched) -> None:
    assert resting.asks_after(3)
    resting.page.evaluate("() => show('hidden')")
    assert not resting.asks_after(6)
    assert resting.asks_after(3)


def test_page_on_which_nothing_has_moved_for_minutes_asks_more_seldom(busy: Watched) -> None:
    assert busy.asks_after(301)
    assert not busy.asks_after(6)
    assert busy.asks_after(3)


def test_page_of_whoever_waits_asks_on_as_often(resting: Watched) -> None:
    assert resting.asks_after(301)
    assert resting.asks_after(3)


@pytest.mark.parametrize(
    "happens",
    ["() => show('visible')", "() => document.dispatchEvent(new CustomEvent('qc:connected'))"],
    ids=["comes to the front", "line is back"],
)
def test_page_asks_at_once(busy: Watched, happens: str) -> None:
    with busy.page.expect_request("**/panel/**"):
        busy.page.evaluate(happens)


def test_page_does_not_ask_under_an_open_dialog(busy: Watched) -> None:
    busy.page.get_by_role("button", name="Give back").click()
    expect(busy.page.get_by_role("dialog")).to_be_visible()
    assert not busy.asks_after(60)


def test_task_that_is_taken_away_goes_at_the_next_question(
    busy: Watched, mona: User, invoices: Queue, add_task: AddTask
) -> None:
    task = Task.objects.get()
    assert busy.asks_after(3)
    other = add_task(invoices)
    actions.hold(task.pk, by=mona, reason="call them")
    assert busy.asks_after(3)
    in_front(busy.page, other)


def test_floor_asks_with_what_it_has_seen(
    open_window: Open, mona: User, anna: User, invoices: Queue
) -> None:
    floor = Watched(open_window(mona), "/admin/floor/")
    assert floor.asks_after(3)
    assert floor.asks_after(3)
    assert floor.looks()[1] != ""
    actions.sign_in(anna.pk)
    assert floor.asks_after(3)
    expect(floor.page.locator(f"#person-{anna.pk}")).to_be_visible()
