"""Three Galera nodes that people work at, of which one is killed again and again: `make soak`.

Whoever is at a node that is gone goes to the next one; the killed node comes back and gets a copy.
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from threading import Event

import pytest

from qc.audit import invariants
from qc.audit.seals import sealing
from qc.core.transactions import DATABASE_AWAY
from qc.models import Status, Task, User
from tests import galera
from tests.audit.tampering import all_violations
from tests.galera import Cluster, caught_up
from tests.system.galera.conftest import at_node, cluster, floor, pile, staff
from tests.system.galera.test_single_node_left import is_left_at
from tests.threads import at_once
from tests.waiting import until

__all__ = ["at_node", "cluster", "floor", "pile", "staff"]
pytestmark = pytest.mark.django_db

SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "1"))
PEOPLE, LEAST = 9, 20
KILLED_EVERY = 25


def test_nodes_killed_one_after_the_other_cost_no_task(
    at_node: Cluster, staff: Callable[[int], list[User]], pile: Callable[[int], list[Task]]
) -> None:
    end = time.monotonic() + SECONDS
    people, _tasks = staff(PEOPLE), pile(LEAST)
    caught_up(at_node)

    def is_on() -> bool:
        return time.monotonic() < end

    def work(n: int) -> None:
        one = people[n]
        while is_left_at(at_node.nodes[n % 3], one, is_on):
            n += 1

    def bring_tasks() -> None:
        with galera.connected(at_node.nodes[0], wsrep_sync_wait=1):
            while is_on():
                # A node whose data is being copied may let one wait too long.
                with suppress(*DATABASE_AWAY):
                    if Task.objects.filter(status=Status.PENDING).count() < LEAST:
                        pile(LEAST)
                Event().wait(0.2)

    def kill() -> None:
        for node in (at_node.nodes[1], at_node.nodes[2]) * 100:
            if time.monotonic() + KILLED_EVERY > end:
                return
            Event().wait(KILLED_EVERY / 2)
            node.kill()
            at_node.join(node)

    at_once(*(lambda n=n: work(n) for n in range(PEOPLE)), bring_tasks, kill)
    until(lambda: at_node.sizes() == ["3"] * 3, within=60)
    caught_up(at_node)
    rows = Task.history.filter(kind="completed").values_list("id", flat=True)
    print(f"{len(rows)} of {Task.objects.count()} tasks were completed by {PEOPLE} people")
    assert set(Counter(rows).values()) == {1}
    assert Task.objects.filter(status=Status.COMPLETED).count() == len(rows)
    assert list(invariants.broken()) == []
    while sealing.seal():
        pass
    assert all_violations() == []
