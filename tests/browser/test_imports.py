"""A manager imports a list that lacks queue and key: one page of questions, by keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from qc.models import Queue, Task
from tests.browser.axe import faults
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

LIST = "Asset,Work,due date,Urgency\nICE-1,Clean,1/9/2027,Sofort\nICE-2,Clean,2/8/2027,High\n"


def test_list_without_queue_and_key_is_in_after_one_page_of_questions(
    desk: Page, invoices: Queue, labels: Queue, tmp_path: Path
) -> None:
    (tmp_path / "Ice list.csv").write_text(LIST)
    desk.goto("/admin/imports/")
    desk.locator("input[type=file]").set_input_files(tmp_path / "Ice list.csv")
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_text("Please choose below how the file is to be read.")).to_be_visible()
    found = faults(desk, "questions about a file")
    desk.set_viewport_size({"width": 390, "height": 844})
    assert desk.evaluate("document.documentElement.scrollWidth") <= 390
    found += faults(desk, "questions on a phone")
    # By keyboard: the preset is kept, another queue is taken, and Enter sends the form.
    key = desk.get_by_role("group", name="No column is the reference")
    expect(key.get_by_label("Asset + due date, joined")).to_be_checked()
    queue = desk.get_by_role("group", name="No column names the queue.")
    queue.get_by_label("Invoices").focus()
    desk.keyboard.press("ArrowDown")
    expect(queue.get_by_label("Labels")).to_be_checked()
    desk.get_by_role("group", name="Is the day or the month first").get_by_label("day").check()
    desk.get_by_role("group", name="Which priority is “Sofort”?").get_by_label("P1").check()
    desk.get_by_role("button", name="Preview").press("Enter")
    expect(desk.get_by_text("All rows: queue “Labels”.")).to_be_visible()
    expect(desk.get_by_text("2 new, 0 changed, 0 unchanged, 0 skipped.")).to_be_visible()
    found += faults(desk, "how a file was read")
    desk.get_by_role("button", name="Import", exact=True).click()
    expect(desk.get_by_text("2 tasks are new")).to_be_visible()
    assert Task.objects.filter(queue=labels, reference="ICE-1-1/9/2027", priority=1).exists()
    assert found == []


def test_columns_follow_the_encoding_that_is_chosen(
    desk: Page, invoices: Queue, labels: Queue, tmp_path: Path
) -> None:
    text = "Номер;Слово;Очередь\r\nA-1;Проверка накладной;Invoices\r\n"
    (tmp_path / "list.csv").write_bytes(text.encode("cp1251"))
    desk.goto("/admin/imports/")
    desk.locator("input[type=file]").set_input_files(tmp_path / "list.csv")
    desk.get_by_role("button", name="Preview").click()
    encodings = desk.get_by_role("group", name="Which encoding is the file in?")
    chosen = encodings.get_by_label("Windows-1251 (Cyrillic)")
    expect(chosen).to_be_checked()
    chosen.press("ArrowDown")
    expect(desk.get_by_label("Meaning of “Слово”")).to_have_count(0)
    desk.keyboard.press("ArrowUp")
    expect(chosen).to_be_focused()
    desk.get_by_label("Meaning of “Номер”").select_option("reference")
    desk.get_by_label("Meaning of “Слово”").select_option("name")
    assert faults(desk, "encodings of a file") == []
    desk.get_by_role("button", name="Preview").click()
    expect(desk.get_by_text("The text is read as Windows-1251 (Cyrillic).")).to_be_visible()
    desk.get_by_role("button", name="Import", exact=True).click()
    expect(desk.get_by_text("1 task is new")).to_be_visible()
    assert Task.objects.get(reference="A-1").name == "Проверка накладной"
