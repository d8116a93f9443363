"""Photos and files on *My work*: chosen, pasted, dropped, sent again after a lost line, removed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page, expect

from qc.checks import evidence
from qc.models import Evidence, Queue, Task, User
from tests.browser.axe import faults
from tests.browser.my_work import AddTask, SignIn, in_front, press, ready
from tests.databases import on_sqlite
from tests.evidence.files import picture
from tests.waiting import until

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

PASTE = """(bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], "image.png", { type: "image/png" }));
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """(bytes) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
    for (const name of ["dragover", "drop"]) {
        document.getElementById("task-name").dispatchEvent(
            new DragEvent(name, { dataTransfer, bubbles: true, cancelable: true }));
    }
}"""


@pytest.fixture
def task(invoices: Queue, add_task: AddTask) -> Task:
    """The only task, which waits."""
    return add_task(invoices, reference="INV-1")


@pytest.fixture
def page(task: Task, anna: User, sign_in: SignIn) -> Page:
    """Anna's page, with the task in front of her."""
    page = sign_in(anna)
    in_front(page, task)
    ready(page)
    return page


def png(red: int) -> bytes:
    return picture("PNG", colour=(red, 0, 0))


def choose(page: Page, *names: str, content: bytes | None = None) -> None:
    """Choose files in the dialog of the browser."""
    files: list[Any] = [
        {
            "name": name,
            "mimeType": "image/png",
            "buffer": content or picture("PNG", colour=(n, 0, 0)),
        }
        for n, name in enumerate(names)
    ]
    page.get_by_label("Add files").set_input_files(files)


def shown(page: Page) -> Any:
    return page.locator("[data-file]")


def test_chosen_files_are_sent_one_by_one_and_shown_with_words(
    task: Task, anna: User, open_window: Callable[[User], Page]
) -> None:
    page = open_window(anna)
    page.goto("/admin/my-work/")
    choose(page, "front.png", "back.png")
    expect(shown(page)).to_have_count(2)
    expect(page.get_by_alt_text("front.png, added by anna")).to_be_visible()
    expect(page.locator("[data-under-way] li")).to_have_count(0)
    assert faults(page, "files of my work") == []


def test_pasted_and_dropped_pictures_are_sent_while_notes_are_written(
    page: Page, task: Task
) -> None:
    page.locator(".qc-notes").press_sequentially("corner ")
    page.evaluate(PASTE, list(picture("PNG")))
    expect(shown(page)).to_have_count(1)
    page.evaluate(DROP, list(picture("PNG", colour="red")))
    expect(shown(page)).to_have_count(2)
    page.locator(".qc-notes").press_sequentially("bent")
    expect(page.locator(".qc-notes")).to_have_value("corner bent")
    expect(page.locator(".qc-notes")).to_be_focused()


def test_file_waits_for_a_lost_line_and_is_sent_by_itself(page: Page, task: Task) -> None:
    page.context.set_offline(True)
    choose(page, "front.png")
    expect(page.get_by_text("front.png waits for the connection")).to_be_visible()
    page.context.set_offline(False)
    expect(shown(page)).to_have_count(1, timeout=15_000)
    assert Evidence.objects.count() == 1


def test_answer_lost_on_the_way_adds_the_file_once(page: Page, task: Task) -> None:
    lost = []

    def lose_first(route: Any) -> None:
        answer = route.fetch()
        if lost:
            route.fulfill(response=answer)
        else:
            lost.append(answer)
            route.abort()

    page.route("**/files/task/*/add/", lose_first)
    choose(page, "front.png")
    expect(shown(page)).to_have_count(1, timeout=15_000)
    assert Evidence.objects.count() == 1


def test_refused_file_says_why_and_can_be_left_out(page: Page, task: Task) -> None:
    choose(page, "drawing.png", content=b"<svg onload='alert(1)'/>")
    refusal = page.get_by_text("drawing.png: This is a web page or a drawing")
    expect(refusal).to_be_visible()
    page.get_by_role("button", name="Leave out").click()
    expect(refusal).to_have_count(0)
    assert not Evidence.objects.exists()


def test_removed_file_can_be_undone(page: Page, task: Task) -> None:
    choose(page, "front.png")
    page.get_by_role("button", name="Remove front.png").click()
    expect(page.get_by_text("front.png is removed.")).to_be_visible()
    expect(shown(page)).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(shown(page)).to_be_visible()
    assert Evidence.objects.get().removed_at is None


def test_removed_file_is_gone_before_the_task_is_completed(page: Page, task: Task) -> None:
    choose(page, "front.png")
    page.get_by_role("button", name="Remove front.png").click()
    ready(page)
    press(page, "Passed")
    until(lambda: Task.objects.filter(status="completed").exists())
    assert Evidence.objects.get().removed_at is not None


def test_task_is_not_completed_while_a_file_is_on_its_way(page: Page, task: Task) -> None:
    page.route("**/files/task/*/add/", lambda route: route.abort())
    choose(page, "front.png")
    expect(page.get_by_text("front.png waits for the connection")).to_be_visible()
    ready(page)
    press(page, "Passed")
    expect(page.get_by_text("Files are still being sent.")).to_be_visible()
    page.unroute("**/files/task/*/add/")
    expect(shown(page)).to_have_count(1, timeout=15_000)
    press(page, "Passed")
    until(lambda: Task.objects.filter(status="completed").exists())


def test_file_sent_from_the_phone_comes_to_the_desktop_beside_what_is_typed(
    page: Page, task: Task, anna: User
) -> None:
    page.locator(".qc-notes").press_sequentially("half a sent")
    file = SimpleUploadedFile("phone.jpg", picture())
    evidence.add(task.pk, file, by=anna)
    expect(page.get_by_alt_text("phone.jpg, added by anna")).to_be_visible(timeout=15_000)
    page.locator(".qc-notes").press_sequentially("ence")
    expect(page.locator(".qc-notes")).to_have_value("half a sentence")


def test_without_javascript_a_form_sends_files_and_keeps_the_notes(
    task: Task, anna: User, browser: Any, live_server: Any, sign_in: Callable[..., Page]
) -> None:
    cookies = sign_in(anna).context.cookies()
    context = browser.new_context(base_url=str(live_server), java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/admin/my-work/")
    page.locator(".qc-notes").fill("corner bent")
    page.locator("input[name=file]").set_input_files(
        [{"name": "front.png", "mimeType": "image/png", "buffer": picture("PNG")}]
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_alt_text("front.png, added by anna")).to_be_visible()
    expect(page.locator(".qc-notes")).to_have_value("corner bent")
    page.get_by_role("button", name="Remove front.png").click()
    expect(page.get_by_text("front.png is removed.")).to_be_visible()
    context.close()
