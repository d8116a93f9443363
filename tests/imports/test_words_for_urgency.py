"""Priorities in the words of other programs: read where they are clear, else given a meaning."""

import json

import pytest

from qc.imports import priorities
from qc.imports.choices import open_choices
from qc.imports.reading import Reading
from qc.models import ImportState, Queue, Task, User
from tests.imports.files import faults, import_file, workbook

pytestmark = pytest.mark.django_db

COLUMNS = ["reference", "name", "queue", "priority"]


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("1 - Critical", 1),
        ("P1 - Urgent", 1),
        ("Blocker", 1),
        ("2 - High", 2),
        ("HIGH", 2),
        ("Major", 2),
        ("Prio 2", 2),
        ("(3) Moderate", 3),
        ("3.0", 3),
        ("4/Low", 4),
        ("Trivial", 4),
        ("5", None),
        ("Sofort", None),
        ("1 - Low", None),
        ("very high", None),
        ("high or low", None),
        ("priority", None),
    ],
)
def test_priority_is_read_where_number_and_word_agree(word: str, priority: int | None) -> None:
    assert priorities.find(word, {}) == priority


def table(name: str, *words: str) -> bytes:
    rows = [[f"A-{n}", "Cap", "Invoices", word] for n, word in enumerate(words)]
    if name.endswith(".xlsx"):
        return workbook([COLUMNS, *rows])
    if name.endswith(".json"):
        return json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in rows]).encode()
    return "\n".join([",".join(COLUMNS), *(",".join(row) for row in rows), ""]).encode()


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_unknown_words_are_given_a_meaning_once(mona: User, invoices: Queue, name: str) -> None:
    data = table(name, "High", "5", "Sofort", "sofort")
    record = import_file(data, name, by=mona)
    assert record.state == ImportState.REFUSED
    assert [fault.value for fault in faults(record)] == ["5", "Sofort", "sofort"]
    assert [(one.name, one.item) for one in open_choices(record)] == [
        ("words", "5"),
        ("words", "Sofort"),
    ]
    chosen = Reading(words={"5": 4, "Sofort": 1})
    assert import_file(data, name, by=mona, chosen=chosen).new == 4
    found = Task.objects.order_by("reference").values_list("priority", flat=True)
    assert list(found) == [2, 4, 1, 1]
    assert import_file(table(name, "5", "SOFORT"), name, by=mona).state == ImportState.DONE
