"""The audit trail as one stream: in order, each row once, each filter exact."""

import ast
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from qc import history
from qc.audit import query, sentence_texts, sentences, trail
from qc.audit.query import TrailQuery
from qc.core import keyset
from qc.core.context import Channel, acting
from qc.history import events
from qc.history.registry import TABLES
from qc.models import AuditEvent, EventKind, Queue, Task, User
from qc.models.choices import PLAIN, ChangeKind
from qc.work import actions, presence

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
ALL = TrailQuery()
MINUTES = timedelta(minutes=2)


@pytest.fixture
def day_of_work(
    anna: User, ben: User, mona: User, invoices: Queue, labels: Queue, add_task: AddTask
):
    """A day of Anna, Ben and Mona, on four tasks and through several channels."""
    tasks = [add_task(invoices) for _ in range(3)] + [add_task(labels)]
    with acting(Channel.API):
        actions.sign_in(anna.pk)
        actions.sign_in(ben.pk)
    with acting(Channel.PAGE, mona):
        Task.objects.filter(pk=tasks[0].pk).update(assigned_at=F("assigned_at") - MINUTES)
        actions.complete(tasks[0].pk, by=anna, outcome="failed", notes="seal broken")
        actions.release(tasks[1].pk, by=ben, reason="too dark")
        actions.hold(tasks[3].pk, by=mona, reason="call them")
        presence.take_break(ben.pk, by=mona, reason="Training")
        actions.pause(labels.pk, by=mona, reason="no light")
    events.record(EventKind.SIGN_IN_FAILED, name="anna", address="192.0.2.7")
    with acting(Channel.SWEEP):
        actions.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    return tasks


def spread_over(*tables: str) -> None:
    """Put the rows of each table a second apart, as if they had been written in turns."""
    begun = timezone.now() - timedelta(hours=1)
    for rank, table in enumerate(tables):
        rows = TABLES[table].objects.order_by("history_id")
        for n, pk in enumerate(rows.values_list("pk", flat=True)):
            moment = begun + timedelta(seconds=n * len(tables) + rank)
            TABLES[table].objects.filter(pk=pk).update(history_date=moment)


def all_keys() -> list[tuple[str, int]]:
    return [(table, pk) for table in TABLES for pk in _ids(TABLES[table])]


def _ids(model: Any) -> list[int]:
    return list(model.objects.values_list("pk", flat=True))


def keys(rows: list[Any]) -> list[tuple[str, int]]:
    return [(row.table, row.pk) for row in rows]


def walk(query: TrailQuery, size: int) -> Iterator[trail.TrailPage]:
    page = trail.page(query, size)
    yield page
    while page.older:
        page = trail.page(query, size, below=page.older)
        yield page


def found(query: TrailQuery) -> list[Any]:
    return [row for page in walk(query, 7) for row in page.rows]


def test_rows_of_all_tables_are_newest_first(day_of_work: Any) -> None:
    spread_over(*TABLES)
    rows = found(ALL)
    moments = [row.history_date for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert sorted(keys(rows)) == sorted(all_keys())
    assert {row.table for row in rows} == set(TABLES)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_show_every_row_once(day_of_work: Any, size: int) -> None:
    rows = [key for page in walk(ALL, size) for key in keys(page.rows)]
    assert sorted(rows) == sorted(all_keys())


def test_pages_show_every_row_once_while_rows_are_written_out_of_order(
    day_of_work: Any, mona: User, invoices: Queue
) -> None:
    # As when one transaction took its moment first, and its id last.
    for model in TABLES.values():
        model.objects.update(history_date=F("history_date") + timedelta(0))
        for pk in _ids(model)[::3]:
            model.objects.filter(pk=pk).update(
                history_date=F("history_date") + timedelta(seconds=5)
            )
    before, seen = all_keys(), []
    for page in walk(ALL, 4):
        seen += keys(page.rows)
        actions.pause(invoices.pk, by=mona, reason="noise")
        actions.unpause(invoices.pk, by=mona)
        events.record(EventKind.READ, by=mona)
    assert sorted(seen) == sorted(before)


def test_newer_edges_lead_back_through_the_same_pages(day_of_work: Any) -> None:
    spread_over(*TABLES)
    pages = list(walk(ALL, 5))
    for before, page in zip(pages[-2::-1], pages[:0:-1], strict=True):
        back = trail.page(ALL, 5, above=page.newer)
        assert keys(back.rows) == keys(before.rows)
    assert pages[0].newer is None
    assert trail.page(ALL, 5, above=pages[1].newer).newer is None


def test_first_page_is_full_when_reached_backwards_after_new_rows(
    day_of_work: Any, mona: User
) -> None:
    second = list(walk(ALL, 5))[1]
    for _ in range(3):
        events.record(EventKind.READ, by=mona)
    back = trail.page(ALL, 5, above=second.newer)
    newest = trail.page(ALL, 5, above=back.newer)
    assert len(newest.rows) == 5
    assert newest.newer is None


def test_person_filter_finds_what_they_did_and_what_concerns_them_once(
    day_of_work: Any, anna: User
) -> None:
    rows = found(TrailQuery(person=anna))
    wanted = [
        (table, pk)
        for table, pk in all_keys()
        for row in [TABLES[table].objects.get(pk=pk)]
        if anna.pk in (row.history_user_id, getattr(row, "person_id", None))
        or (table == "person" and row.id == anna.pk)
        or (table == "event" and row.name == "anna")
    ]
    assert sorted(keys(rows)) == sorted(wanted)


def kinds_of(rows: list[Any]) -> set[str]:
    return {row.kind or row.history_type for row in rows}


def test_task_queue_kind_and_channel_filters_are_exact(
    day_of_work: list[Task], labels: Queue, mona: User
) -> None:
    first = found(TrailQuery(tasks=(day_of_work[0].pk,)))
    assert {row.id for row in first} == {day_of_work[0].pk}
    assert len(first) == day_of_work[0].history.count()
    of_labels = found(TrailQuery(queue=labels))
    assert {(row.table, row.id) for row in of_labels} == {
        ("task", day_of_work[3].pk),
        ("queue", labels.pk),
    }
    assert kinds_of(found(TrailQuery(kind="completed"))) == {"completed"}
    assert kinds_of(found(TrailQuery(kind="+"))) == {"+"}
    assert kinds_of(found(TrailQuery(kind=EventKind.SIGN_IN_FAILED))) == {"sign-in failed"}
    swept = found(TrailQuery(through="sweep"))
    assert {row.through for row in swept} == {"sweep"}
    assert "signed out" in kinds_of(swept)
    both = found(TrailQuery(person=mona, kind="held", queue=labels))
    assert [row.id for row in both] == [day_of_work[3].pk]


def test_time_span_is_exact_to_the_microsecond(day_of_work: Any) -> None:
    spread_over(*TABLES)
    rows = found(ALL)
    since, until = rows[-5].history_date, rows[4].history_date
    inside = found(TrailQuery(since=since, until=until))
    assert keys(inside) == keys(rows[5:-4])
    assert found(TrailQuery(since=timezone.now() + timedelta(days=1))) == []
    assert (
        found(TrailQuery(until=datetime(2020, 1, 1, tzinfo=timezone.get_current_timezone()))) == []
    )


def test_time_span_finds_rows_written_out_of_order(day_of_work: Any) -> None:
    spread_over(*TABLES)
    model = TABLES["task"]
    ids = sorted(_ids(model))
    earlier, later = (model.objects.get(pk=pk) for pk in ids[3:5])
    model.objects.filter(pk=later.pk).update(history_date=earlier.history_date)
    model.objects.filter(pk=earlier.pk).update(history_date=later.history_date)
    inside = found(TrailQuery(since=earlier.history_date, until=later.history_date))
    assert ("task", later.pk) in keys(inside)
    assert ("task", earlier.pk) not in keys(inside)


def test_time_span_finds_all_rows_of_two_statements_that_crossed(
    invoices: Queue, add_task: AddTask
) -> None:
    first, last = (_rows_of_one_moment(add_task(invoices), 200) for _ in range(2))
    began = timezone.now()
    TABLES["task"].objects.filter(pk__in=last).update(history_date=began)
    TABLES["task"].objects.filter(pk__in=first).update(history_date=began + timedelta(seconds=1))
    for asked in (
        TrailQuery(since=began),
        TrailQuery(since=began, kind="held"),
        TrailQuery(until=began + timedelta(seconds=2), kind="held"),
    ):
        assert set(first + last) <= {pk for _table, pk in keys(found(asked))}
    only_first = found(TrailQuery(until=began + timedelta(seconds=1), kind="held"))
    assert {pk for _table, pk in keys(only_first)} == set(last)


def _rows_of_one_moment(task: Task, number: int) -> list[int]:
    history.record_many([task] * number, kind="held", by=None, reasons=[""] * number)
    return list(Task.history.filter(id=task.pk, kind="held").values_list("pk", flat=True))


def test_bounded_search_continues_without_a_gap(
    day_of_work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "STEPS", (1,))
    monkeypatch.setattr(query, "FEW", 0)
    bounded = TrailQuery(through="shell", kind="+")
    pages = list(walk(bounded, 2))
    rows = [key for page in pages for key in keys(page.rows)]
    wanted = [
        (table, pk)
        for table, pk in all_keys()
        if table != "event"
        and TABLES[table].objects.filter(pk=pk, kind="", history_type="+", through="shell")
    ]
    assert sorted(rows) == sorted(wanted)
    unsuccessful = list(walk(TrailQuery(through="sweep", kind="+"), 2))
    assert unsuccessful[0].searched
    assert unsuccessful[0].older
    assert not any(page.rows for page in unsuccessful)


def test_rows_of_a_day_read_as_sentences(day_of_work: list[Task], anna: User) -> None:
    a, b, c, d = (task.reference for task in day_of_work)
    all_said = {sentences.plain_sentence(row) for row in found(ALL)}
    for sentence in (
        "anna signed in",
        f"anna completed {a}, failed: “seal broken”, after 2\xa0minutes",
        f"ben gave {b} back: too dark",
        f"mona put {d} on hold: call them",
        "mona put ben on break: Training",
        "mona paused Labels: no light",
        f"The scheduler returned {c} from anna to the queue: not seen for 15 minutes",
        "The scheduler signed anna out: not seen for 15 minutes",
        f"The console added {a} to Invoices",
        "Somebody failed to sign in as anna, from 192.0.2.7",
    ):
        assert sentence in all_said, all_said


def test_every_kind_of_change_and_event_has_a_sentence() -> None:
    known = {kind for table in TABLES for kind in sentence_texts.kinds(table)}
    assert known == {*ChangeKind.values, *PLAIN, *EventKind.values}, "qc/audit/sentence_texts.py"


def test_no_module_writes_a_kind_of_change_as_a_bare_text() -> None:
    """A kind that is no `ChangeKind` would have no name and no sentence."""
    files = Path(actions.__file__).parents[1].rglob("*.py")
    written = {text for file in files for text in _kinds_in(ast.parse(file.read_text()))}
    assert written & set(ChangeKind.values) == set()


def _kinds_in(tree: ast.AST) -> Iterator[str]:
    """Return the texts that are given as `kind=` or compared with a kind."""
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.keyword) and node.arg in ("kind", "kind__in"):
            values = [node.value, *getattr(node.value, "elts", ())]
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute):
            values = node.comparators if node.left.attr == "kind" else []
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


def test_event_truncates_a_long_name(db: None) -> None:
    events.record(EventKind.SIGN_IN_FAILED, name="x" * 5000)
    assert len(AuditEvent.objects.get().name) == 150
