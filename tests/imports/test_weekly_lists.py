"""A team's weekly list, as its program writes it: one page of choices once, and none afterwards."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.imports import runner
from qc.imports.reading import Reading
from qc.models import Import, ImportState, Queue, Task, User
from tests.imports.cases import Case
from tests.imports.conftest import answered, asked, client_of, press, upload
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

ROWS = 2000
OPTIONS = {"key": "Machine,Found on", "queue": "Labels", "map": ["Finding=name"]}


def week(number: int, rows: int = ROWS) -> Case:
    """Return the list of a week: US dates, no key and no queue, and a row of totals."""
    lines = (
        f"M-{at % 400},Leak at valve {at},{at // 400 + 1}/{number + 14}/2027,"
        f"{at % 12 + 1}/{at % 28 + 1}/27,{at}.50"
        for at in range(rows)
    )
    text = "\n".join(["Machine,Finding,Found on,Due by,Cost", *lines, f"Total,,,,{rows}.00"])
    return Case(f"week{number}", text.encode(), rows, options=OPTIONS)


def carried_on(client: Client, page: Any) -> Any:
    """Let a worker do what is left of an import; return the page that it leads to."""
    record = page.context["record"]
    runner.carry_on(record.pk)
    return client.get(reverse("admin:import", args=[record.pk]))


def read_to_the_end(client: Client, case: Case) -> tuple[int, Import]:
    """Import a file by its pages; return how many of them asked something."""
    page, asking = carried_on(client, upload(client, case.data, case.file.name)), 0
    while asked(page):
        page, asking = carried_on(client, answered(client, page, case)), asking + 1
    return asking, carried_on(client, press(client, "begin", page.context["record"])).context[
        "record"
    ]


@pytest.mark.usefixtures("waiting_jobs")
def test_list_is_in_after_one_page_of_choices_and_the_next_week_s_after_none(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    client = client_of(mona)
    for number, pages in ((1, 1), (2, 0)):
        asking, record = read_to_the_end(client, week(number))
        assert (asking, record.state) == (pages, ImportState.DONE)
        assert (record.new, record.refused) == (ROWS, 0)
    task = Task.objects.get(reference="M-7-2/16/2027", queue=labels)
    assert (task.name, task.due_at.strftime("%Y-%m-%d")) == ("Leak at valve 407", "2027-12-16")


def test_program_chooses_once_and_sends_the_next_week_s_list_as_it_is(
    mona: User, invoices: Queue, labels: Queue, send: Any
) -> None:
    status, answer = send(week(1, 50))
    assert (status, {one["name"] for one in answer["choices"]}) == (
        400,
        {"key", "columns", "values"},
    )
    assert send(week(1, 50), **OPTIONS)[1]["new"] == 50
    status, answer = send(week(2, 50))
    assert (status, answer["state"], answer["new"], answer["choices"]) == (200, "done", 50, [])
    assert answer["read"]["remembered"]["by"] == "mona"
    assert answer["read"]["totals"] == [52]
    assert send(week(2, 50))[1]["unchanged"] == 50


def test_rows_with_the_same_key_are_known_again_wherever_they_stand(
    mona: User, invoices: Queue
) -> None:
    head, *rows = [
        "Asset,Work,Date",
        *(f"ICE-{at % 2},Clean,2027-01-0{at % 2 + 1}" for at in range(6)),
    ]
    chosen = Reading(key=["Asset", "Date"], values={"queue": "Invoices"})
    assert import_file("\n".join([head, *rows]), by=mona, chosen=chosen).new == 6
    record = import_file("\n".join([head, *rows[::-1]]), by=mona)
    assert (record.unchanged, record.new, record.changed) == (6, 0, 0)
