"""A QC person's day on *My work*, in a browser."""

import pytest
from playwright.sync_api import expect

from qc.models import Queue, Task, User
from qc.work import actions
from tests.browser.my_work import AddTask, SignIn, in_front, outcomes, press, ready
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]


@pytest.fixture
def three(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Three waiting invoices."""
    return [add_task(invoices) for _ in range(3)]


def test_passing_brings_the_next_task(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    press(page, "Passed")
    expect(page.get_by_text("QD-0001: passed.")).to_be_visible()
    in_front(page, three[1])


def test_tasks_are_done_by_keyboard_alone(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    ready(page)
    page.keyboard.press("Control+Enter")
    in_front(page, three[1])
    ready(page)
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_text("Please write in the notes what failed.")).to_be_visible()
    expect(page.get_by_label("Notes")).to_be_focused()
    page.keyboard.type("torn at page 5", delay=60)
    page.keyboard.press("Control+Shift+Enter")  # from the notes too
    in_front(page, three[2])
    done = Task.objects.get(pk=three[1].pk)
    assert (done.outcome, done.notes) == ("failed", "torn at page 5")


def test_task_seen_for_three_seconds_is_started(
    three: list[Task], anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    until(lambda: Task.objects.get(pk=three[0].pk).started_at)
    assert Task.history.filter(kind="started").count() == 1


HIDDEN = """
    let state = "hidden";
    Object.defineProperty(document, "visibilityState", { get: () => state });
    window.show = (now) => {
        state = now;
        document.dispatchEvent(new Event("visibilitychange"));
    };
"""


def test_task_on_a_hidden_page_is_not_started(
    three: list[Task], anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    page.add_init_script(HIDDEN)
    page.clock.install()
    page.reload()
    opened: list[str] = []
    page.on("request", lambda request: opened.append(request.url))
    page.clock.fast_forward(60_000)
    page.evaluate("show('visible')")
    page.clock.fast_forward(2_000)
    page.evaluate("show('hidden')")
    page.clock.fast_forward(60_000)
    assert not [url for url in opened if "/open/" in url]
    page.evaluate("show('visible')")
    page.clock.fast_forward(1_500)
    until(lambda: Task.objects.get(pk=three[0].pk).started_at)


def test_typing_starts_the_task(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    page.route("**/open/", lambda route: route.abort())
    page.get_by_label("Notes").press_sequentially("corner bent")
    until(lambda: Task.objects.get(pk=three[0].pk).started_at)


def test_new_task_appears_by_itself(
    anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    expect(page.get_by_text("No tasks right now")).to_be_visible()
    task = add_task(invoices)
    actions.hand_out_from([invoices.pk])
    in_front(page, task)
    expect(page.locator("#my-work-announcement")).to_have_text(f"Your task: {task}")


def test_notes_survive_polling_and_reloads(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    with page.expect_response(lambda answer: "/draft/" in answer.url):
        page.get_by_label("Notes").press_sequentially("corner bent")
    with page.expect_response(lambda answer: "/panel/" in answer.url):
        expect(page.get_by_label("Notes")).to_be_focused()
    expect(page.get_by_label("Notes")).to_have_value("corner bent")
    page.reload()
    expect(page.get_by_label("Notes")).to_have_value("corner bent")


def test_giving_back_asks_for_a_reason(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    page.get_by_role("button", name="Give back").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Give back").click()
    expect(dialog).to_be_visible()  # without a reason the browser does not send it
    dialog.get_by_label("Reason").fill("too dark")
    dialog.get_by_role("button", name="Give back").click()
    expect(page.get_by_text("QD-0001 is back in the queue.")).to_be_visible()
    in_front(page, three[1])


def test_break_starts_and_ends_from_the_header(
    three: list[Task], anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    page.get_by_role("button", name="Take a break").click()
    page.get_by_role("dialog").get_by_role("button", name="Coffee").click()
    expect(page.get_by_role("heading", name="You are on break")).to_be_visible()
    expect(page.locator("#presence")).to_contain_text("on break: Coffee")
    page.locator("#presence").get_by_role("button", name="I'm back").click()
    expect(page.get_by_text("Welcome back.")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_break_dialog_is_not_cut_off(
    anna: User, invoices: Queue, sign_in: SignIn, width: int
) -> None:
    page = sign_in(anna)
    page.set_viewport_size({"width": width, "height": 844})
    page.get_by_role("button", name="Take a break").click()
    for button in page.locator("#break-dialog button").all():
        expect(button).to_be_in_viewport(ratio=0.99)
    assert page.evaluate("""() => {
        const dialog = document.getElementById("break-dialog");
        return dialog.scrollWidth <= dialog.clientWidth;
    }""")


def test_focus_ring_of_the_name_leaves_the_reference_readable(
    three: list[Task], anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        gap = page.evaluate("""() => {
            const name = document.getElementById("task-name");
            const above = name.previousElementSibling.getBoundingClientRect();
            return name.getBoundingClientRect().top - above.bottom;
        }""")
        assert gap >= 6  # a ring of 3 pixels, 3 pixels away


def test_polling_leaves_an_open_dialog_alone(
    three: list[Task], anna: User, mona: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    page.get_by_role("button", name="Give back").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("too dark")
    actions.hold(three[0].pk, by=mona, reason="call them")
    page.get_by_role("dialog").get_by_role("button", name="Give back").click()
    expect(page.get_by_text("QD-0001 is on hold")).to_be_visible()
    in_front(page, three[1])


def test_double_click_completes_once(three: list[Task], anna: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    ready(page)
    page.get_by_role("button", name="Passed").dblclick()
    in_front(page, three[1])
    assert outcomes() == {"QD-0001": "passed"}


def test_second_tab_says_that_the_task_is_completed(
    three: list[Task], anna: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    other = page.context.new_page()
    other.route("**/panel/**", lambda route: route.abort())  # it has not looked meanwhile
    other.goto("/admin/my-work/")
    press(page, "Passed")
    in_front(page, three[1])
    press(other, "Passed")
    in_front(other, three[1])
    assert outcomes() == {"QD-0001": "passed"}


def test_task_taken_away_disappears_at_the_next_poll(
    three: list[Task], anna: User, mona: User, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    in_front(page, three[0])
    actions.hold(three[0].pk, by=mona, reason="call them")
    in_front(page, three[1])
    expect(page.get_by_text("mona put QD-0001 on hold")).to_be_visible()


def test_header_follows_a_managers_changes(anna: User, mona: User, sign_in: SignIn) -> None:
    page = sign_in(anna)
    expect(page.locator("#presence")).to_contain_text("signed in")
    actions.take_break(anna.pk, by=mona, reason="training")
    expect(page.locator("#presence")).to_contain_text("on break: training")
    page.locator("#presence").get_by_role("button", name="I'm back").click()
    expect(page.locator("#presence")).to_contain_text("signed in")


def test_task_is_claimed_by_hand(
    anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    task = add_task(invoices)
    page.get_by_role("button", name="Claim QD-0001").click()
    expect(page.get_by_text("QD-0001 is assigned to you.")).to_be_visible()
    in_front(page, task)


LISTENING = """
    window.heard = [];
    class Sound {
        currentTime = 0;
        destination = {};
        createOscillator() {
            heard.push("note");
            const note = { frequency: {}, connect: (to) => to, start() {}, stop() {} };
            return note;
        }
        createGain() {
            const change = () => {};
            const gain = { setValueAtTime: change, linearRampToValueAtTime: change,
                           exponentialRampToValueAtTime: change };
            return { gain, connect: (to) => to };
        }
    }
    class Notice {
        static permission = "default";
        static async requestPermission() { return Notice.permission = "granted"; }
        constructor(title) { heard.push(title); }
    }
    window.AudioContext = Sound;
    window.Notification = Notice;
    Object.defineProperty(document, "hidden", { get: () => true });
"""


def test_next_task_plays_a_sound_and_an_alert_if_switched_on(
    anna: User, invoices: Queue, add_task: AddTask, sign_in: SignIn
) -> None:
    page = sign_in(anna)
    page.add_init_script(LISTENING)
    page.reload()
    alerts = page.get_by_role("button", name="Desktop alerts")
    alerts.click()
    expect(alerts).to_have_attribute("aria-pressed", "true")
    first = add_task(invoices)
    actions.hand_out_from([invoices.pk])
    in_front(page, first)
    page.wait_for_function("() => heard.length")
    assert page.evaluate("heard") == ["note", "note", f"Your task: {first}"]

    # What comes in answer to a button is seen anyway; who wants silence has it.
    second, third = add_task(invoices), add_task(invoices)
    press(page, "Passed")
    in_front(page, second)
    page.get_by_role("button", name="Sound").click()
    actions.complete(second.pk, by=anna)
    in_front(page, third)
    page.wait_for_function("() => heard.length > 3")
    assert page.evaluate("heard.slice(3)") == [f"Your task: {third}"]
