"""A shift: people start, work for a while, and go home; then everything is counted."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from qc.management.simulation.client import Client
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.person import Account, Person

# Every eighth person vanishes at some point.
VANISHES_EACH = 8
STEADY_SECONDS = 10


@dataclass
class Shift:
    """The accounts of a shift, its ledger, and the number of open tasks before and after."""

    url: str
    accounts: list[Account]
    ledger: Ledger = field(default_factory=Ledger)
    over: threading.Event = field(default_factory=threading.Event)
    open_before: int = 0
    open_after: int = 0
    came_back: list[int] = field(default_factory=list)

    def begin(self, people: Sequence[threading.Thread]) -> None:
        """Count the open tasks and let these people start."""
        self.open_before, _ = self.count_open()
        for person in people:
            person.start()

    def end(self, people: Sequence[threading.Thread]) -> None:
        """End the shift for everybody and count the tasks that are open now."""
        self.over.set()
        for person in people:
            person.join()
        self.open_after, still_held = self.count_open()
        self.came_back = sorted(still_held & self.ledger.done.keys())

    def count_open(self) -> tuple[int, set[int]]:
        """Return how many tasks wait or are held, and the ids of those that are held.

        People keep working while the pages are read, so they are read until two readings in a row
        agree.
        """
        client = Client(self.url, self.ledger)
        client.sign_in(self.accounts[0].username, self.accounts[0].password)
        deadline = time.monotonic() + STEADY_SECONDS
        before, now = None, read_open(client)
        while before != now and time.monotonic() < deadline:
            before, now = now, read_open(client)
        client.sign_out()
        waiting, held = now
        return waiting + len(held), held

    @property
    def lost(self) -> int:
        """How many tasks are neither done nor open, or are open although they were done."""
        vanished = max(0, self.open_before - len(self.ledger.done) - self.open_after)
        return vanished + len(self.came_back)

    @property
    def arrived(self) -> int:
        """How many tasks came in during the shift."""
        return max(0, self.open_after + len(self.ledger.done) - self.open_before)

    @property
    def went_wrong(self) -> bool:
        """Whether anything happened that must never happen."""
        ledger = self.ledger
        return bool(ledger.twice or ledger.too_many or ledger.errors or self.lost)


def dice_for(accounts: list[Account], seed: int | None) -> Iterator[tuple[Account, random.Random]]:
    """Yield each account with random choices of its own, which the seed repeats."""
    dice = random.Random(seed)  # noqa: S311 (nothing secret)
    for account in accounts:
        yield account, random.Random(dice.random())  # noqa: S311


def people(shift: Shift, seed: int | None, kind: type[Client] = Client) -> list[Person]:
    """Return the people of a shift who work briskly through the API; none has started yet."""
    return [
        Person(account, kind(shift.url, shift.ledger), shift.over, dice)
        for account, dice in dice_for(shift.accounts, seed)
    ]


def read_open(client: Client) -> tuple[int, set[int]]:
    """Return how many tasks wait, and the ids of those that people hold."""
    answer: dict[str, Any] = client.dashboard()
    waiting, people, page = answer["pending"], list(answer["people"]), 1
    while answer["next"]:
        page += 1
        answer = client.dashboard(page)
        people += answer["people"]
    return waiting, {task["id"] for person in people for task in person["tasks"]}
