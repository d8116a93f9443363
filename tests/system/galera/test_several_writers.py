"""Writers on several nodes of a Galera cluster: certification sees each race that a lock would.

A node locks for itself only. Of two transactions on two nodes one is refused when it commits, if
both wrote the same row; QC_GALERA_ROUNDS says how often each race is tried.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from qc.audit import invariants
from qc.audit.seals import sealing
from qc.core.transactions import retrying
from qc.history.registry import TABLES
from qc.imports import writer
from qc.models import Queue, Role, Seal, Task, User
from qc.work import actions, assignment, lost_access, matching, presence
from tests import galera
from tests.audit.tampering import all_violations, ids
from tests.conftest import person
from tests.galera import Cluster, caught_up
from tests.imports.files import good_rows, import_file
from tests.servers import Server
from tests.threads import at_once

pytestmark = pytest.mark.django_db

ROUNDS = int(os.environ.get("QC_GALERA_ROUNDS", "8"))

Staff = Callable[[int], list[User]]
Pile = Callable[[int], list[Task]]


def on(node: Server, act: Callable[[], Any]) -> Callable[[], Any]:
    """Return the same act, done on a node."""

    def run() -> Any:
        with galera.connected(node, wsrep_sync_wait=1):
            return act()

    return run


def test_sign_out_beside_an_undo_leaves_nothing_with_who_is_gone(
    at_node: Cluster, staff: Staff, pile: Pile
) -> None:
    (one,) = staff(1)
    for _ in range(ROUNDS):
        pile(1)
        actions.sign_in(one.pk)
        (task,) = Task.objects.held_by(one)
        actions.complete(task.pk, by=one)
        caught_up(at_node)
        at_once(
            on(at_node.nodes[0], lambda task=task: actions.undo(task.pk, by=one)),
            on(at_node.nodes[1], lambda: presence.sign_out(one.pk, by=None, reason="gone")),
        )
        assert list(invariants.broken()) == []
        presence.sign_out(one.pk, by=None, reason="gone")


def test_sign_out_beside_a_completion_leaves_nothing_with_who_is_gone(
    at_node: Cluster, staff: Staff, pile: Pile
) -> None:
    (one,) = staff(1)
    for _ in range(ROUNDS):
        pile(2)
        actions.sign_in(one.pk)
        (task,) = Task.objects.held_by(one)
        one.refresh_from_db()
        caught_up(at_node)
        at_once(
            on(at_node.nodes[0], lambda task=task: actions.complete(task.pk, by=one)),
            on(at_node.nodes[1], lambda: presence.sign_out(one.pk, by=None, reason="gone")),
        )
        caught_up(at_node)
        assert not Task.objects.held_by(one).exists()
        assert list(invariants.broken()) == []


def sign_out(one: User, queue: Queue) -> None:
    presence.sign_out(one.pk, by=None, reason="gone")


def take_the_queue(one: User, queue: Queue) -> None:
    before = lost_access.access_of(one.pk)
    retrying(queue.people.remove)(one)
    lost_access.return_lost(one.pk, before, by=None)


def hand_out(one: User, task: Task) -> None:
    assignment.hand_out(one.pk)


def match_all(one: User, task: Task) -> None:
    matching.match([task.queue_id])


def claim(one: User, task: Task) -> None:
    assignment.claim(task.pk, by=one)


def assign(one: User, task: Task) -> None:
    root = User(pk=one.pk, username=one.username, is_superuser=True)
    assignment.assign(task.pk, one.pk, by=root, reason="so")


@pytest.mark.parametrize(
    ("give", "lose"),
    [
        *((give, sign_out) for give in (hand_out, match_all, claim, assign)),
        # A manager may assign a task of any queue, and a claim is checked before.
        *((give, take_the_queue) for give in (hand_out, claim)),
    ],
)
def test_who_loses_tasks_at_one_node_while_another_gives_them_one_keeps_none(
    at_node: Cluster, floor: Queue, staff: Staff, pile: Pile, give: Any, lose: Any
) -> None:
    (one,), (task,) = staff(1), pile(1)
    for _ in range(ROUNDS):
        presence.sign_in(one.pk)
        floor.people.add(one)
        caught_up(at_node)
        at_once(
            on(at_node.nodes[0], lambda: give(one, task)),
            on(at_node.nodes[1], lambda: lose(one, floor)),
        )
        assert not Task.objects.held_by(one).exists()
    assert list(invariants.broken()) == []


def test_imports_on_two_nodes_record_each_task_once(
    at_node: Cluster, floor: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one import writes its history, another one's tasks appear among its ids."""
    mona, record_new, prefixes = person("mona", Role.MANAGERS), writer.history.record_new, count(1)

    def rows() -> str:
        return good_rows(50, floor.name).replace("A-", f"{floor.pk}-{next(prefixes)}-")

    def record_late(*args: Any, **how: Any) -> None:
        monkeypatch.setattr(writer.history, "record_new", record_new)
        for node in at_node.nodes[1:]:
            at_once(on(node, lambda: import_file(rows(), by=mona)))
        caught_up(at_node)
        monkeypatch.setattr(writer.history, "record_new", record_late)
        record_new(*args, **how)

    monkeypatch.setattr(writer.history, "record_new", record_late)
    assert import_file(rows(), by=mona).new == 50
    recorded = Task.history.filter(queue=floor, history_type="+").values_list("id", flat=True)
    tasks = Task.objects.filter(queue=floor).values_list("pk", flat=True)
    assert sorted(recorded) == sorted(tasks)
    assert len(tasks) == 3 * 50


def test_ids_of_history_rise_in_the_order_of_events_on_all_nodes(
    at_node: Cluster, pile: Pile
) -> None:
    mona, (task,) = person("mia", Role.MANAGERS), pile(1)
    for turn in range(4 * len(at_node.nodes)):
        change = actions.resume if turn % 2 else actions.hold
        act = lambda change=change: change(task.pk, by=mona, reason="so")  # noqa: E731
        on(at_node.nodes[turn % len(at_node.nodes)], act)()
    rows = Task.history.filter(id=task.pk).order_by("history_id")
    assert [row.kind for row in rows] == ["", *["held", "resumed"] * 6]
    assert list(invariants.broken()) == []


def test_seals_of_two_nodes_make_one_chain(
    at_node: Cluster, pile: Pile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    mona, tasks = person("maja", Role.MANAGERS), pile(4)
    for _ in range(4):
        holds = [
            on(node, lambda task=task: actions.hold(task.pk, by=mona, reason="so"))
            for node, task in zip(at_node.nodes, tasks, strict=False)
        ]
        at_once(*holds, *(on(node, sealing.seal) for node in at_node.nodes))
        for task in tasks[: len(holds)]:
            actions.resume(task.pk, by=mona)
    caught_up(at_node)
    while sealing.seal():
        pass
    numbers = list(Seal.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert all_violations() == []
    sealed = sum(Seal.objects.values_list("rows", flat=True))
    assert sealed == sum(len(ids(table)) for table in TABLES)


def test_what_one_node_has_written_is_read_from_the_others_at_once(
    at_node: Cluster, staff: Staff
) -> None:
    (one,) = staff(1)
    row = User.objects.filter(pk=one.pk)
    with galera.connected(at_node.nodes[1], wsrep_sync_wait=1):
        for n in range(5 * ROUNDS):
            seen = timezone.now() + timedelta(seconds=n)
            with galera.connected(at_node.nodes[0]):
                row.update(last_seen_at=seen)
            assert row.values_list("last_seen_at", flat=True).get() == seen
