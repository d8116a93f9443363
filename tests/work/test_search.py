"""Tasks are found by the beginnings of words and runs of digits, whoever wrote them."""

from collections.abc import Callable
from typing import Any

import pytest

from qc import history
from qc.imports import undo
from qc.imports.runner import carry_on
from qc.models import Queue, SearchGap, SearchWord, Task, User
from qc.models.search import MOST_WORDS, words_of
from qc.tasks import carry_on_import
from qc.work import search
from tests.imports.files import HEAD, import_file

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    """Return what a search finds, newest first; the list and the palette agree on it."""
    tasks = search.narrow(Task.objects.all(), text).order_by("-pk")
    references = [task.reference for task in tasks]
    assert sorted(task.reference for task in search.first(text, 100)) == sorted(references)
    return references


@pytest.fixture
def lot(invoices: Queue, add_task: Callable[..., Task]) -> Task:
    add_task(invoices, reference="LOT-00124", name="Flange", details={"batch": "C9"})
    details = {"Supplier": "Müller & Söhne GmbH", "batch": "B28x7", "pieces": 4711, "a_b": "x_y"}
    return add_task(invoices, reference="LOT-00123", name="Check label 40mm", details=details)


@pytest.mark.parametrize(
    "text",
    [
        *("00123", "lot-00123", "LOT 00123", "0012 lot chec"),
        *("label", "LAB", "40", "40m check"),
        *("B28", "28", "b28x7", "7", "4711", "muller", "MÜLL", "söhne", "y"),
    ],
)
def test_task_is_found_by_the_beginning_of_any_word_or_number(lot: Task, text: str) -> None:
    assert found(text) == ["LOT-00123"]


@pytest.mark.parametrize("text", ["", "-", "123", "abel", "supplier", "label flange", "%", "'"])
def test_nothing_else_finds_it(lot: Task, text: str) -> None:
    assert found(text) == []


def test_word_that_changed_finds_nothing_any_more(lot: Task, mona: User) -> None:
    lot.details = {"batch": "B29"}
    history.save(lot, kind="", by=mona, fields=["details"])
    assert (found("b28"), found("b29"), found("label")) == ([], ["LOT-00123"], ["LOT-00123"])


def test_change_of_other_columns_takes_no_statement_for_words(
    lot: Task, mona: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):  # the task, its history
        history.save(lot, kind="", by=mona, fields=["priority"])


def test_imported_tasks_are_found_and_changed_and_undone(mona: User, labels: Queue) -> None:
    head = "reference,name,queue,supplier\n"
    import_file(head + "A-0071,Check,Labels,Acme\nA-0072,Check,Labels,Nord\n", by=mona)
    assert found("acme") == found("0071") == ["A-0071"]
    record = import_file(head + "A-0071,Check,Labels,Hansa\nA-0073,Check,Labels,Acme\n", by=mona)
    assert (found("hansa"), found("acme")) == (["A-0071"], ["A-0073"])
    undo.begin(record, by=mona)
    carry_on(record.pk)
    assert (found("hansa"), found("acme")) == ([], ["A-0071"])
    assert not SearchWord.objects.filter(word="0073").exists()
    assert not SearchGap.objects.exists()


def test_what_an_import_could_not_write_is_written_later(
    mona: User, labels: Queue, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.work.search.fill_new", lambda after: None)
    import_file(HEAD + "A-71,Check,Labels\n", by=mona)
    assert (found("71"), found("a"), found("a-71")) == ([], ["A-71"], ["A-71"])
    assert search.fill() == 1
    assert (found("71"), search.fill()) == (["A-71"], 0)


def test_old_tasks_get_their_words_batch_by_batch_and_an_import_leaves_them(
    invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(search, "FILLED_AT_ONCE", 2)
    tasks = [add_task(invoices) for _ in range(5)]
    SearchWord.objects.all().delete()
    gap = SearchGap.objects.create(first=tasks[0].pk, last=tasks[-1].pk)
    assert search.fill(after=gap.first) == 0
    assert (search.fill(), found("check")) == (2, ["QD-0005", "QD-0004"])
    assert (search.fill(), search.fill(), search.fill()) == (2, 1, 0)
    assert len(found("check")) == 5


def test_many_tasks_of_a_word_are_all_there_and_of_many_words_only_some(
    invoices: Queue, add_task: Callable[..., Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    monkeypatch.setattr(search, "MOST_WORDS", 2)
    for n in range(5):
        add_task(invoices, reference=f"R-{n}", name="Check" if n else "Checked")
    assert search.find("check") == search.Found(words=["check", "checked"])
    assert search.find("checked r").ids == [Task.objects.get(reference="R-0").pk]
    two = search.find("r check")
    assert (two.words, Task.objects.filter(two.also).count()) == (["r"], 5)
    assert [task.reference for task in search.first("r check", 3)] == ["R-4", "R-3", "R-2"]
    add_task(invoices, reference="S", name="Checks")
    many = search.find("check")
    assert (len(many.ids), many.is_cut) == (3, True)


def test_long_details_have_a_limit(invoices: Queue) -> None:
    words = " ".join(f"w{n}" for n in range(1000))
    task = Task(reference="X-1", name="Check", queue=invoices, details={"all": words})
    assert len(words_of(task)) == MOST_WORDS
    assert {"x", "1", "check", "w0"} <= words_of(task)


def test_worker_writes_the_words_of_a_large_import_when_it_is_done(
    mona: User, labels: Queue, settings: Any
) -> None:
    settings.QC_IMPORT_ROWS = 1
    record = import_file(HEAD + "A-71,Check,Labels\nA-72,Check,Labels\n", by=mona)
    assert (record.new, found("71")) == (2, [])
    carry_on_import(record.pk)
    assert (found("71"), SearchGap.objects.count()) == (["A-71"], 0)
