"""What *Floor* shows now, and which parts of it the page that asks has already."""

from collections.abc import Collection

from qc.admin.floor import queues
from qc.admin.floor.people import Card, People
from qc.admin.floor.queues import Row, at_least
from qc.admin.floor.reads import Reads
from qc.admin.shared.etags import version


class State:
    """The people and the queues of one look at the floor.

    Each card and row has a key of its own, which changes when anything on it does; `seen` names
    all of them in their order. Given what a page has seen, it marks those that it has already.
    """

    def __init__(self, seen: str = "") -> None:
        reads = Reads()
        self.people = People(reads)
        self.queues = queues.rows(reads)
        known = set(seen.split(","))
        parts: list[Card | Row] = [*self.people.cards, *self.queues]
        for part in parts:
            part.is_known = part.key in known
        self.seen = ",".join(self._keys())

    @property
    def waiting(self) -> str:
        """How many tasks wait in all queues."""
        counted = sum(row.standing.waiting for row in self.queues)
        return at_least(counted, any(row.is_more for row in self.queues))

    @property
    def late(self) -> str:
        """How many tasks are late in all queues."""
        counted = sum(row.n_late for row in self.queues)
        return at_least(counted, any(row.is_more_late for row in self.queues))

    @property
    def done(self) -> int:
        """How many tasks have been completed today."""
        return sum(row.done for row in self.queues)

    def _keys(self) -> Collection[str]:
        counts = (sorted(self.people.counts.items()), sorted(self.people.more.items()))
        cards = [card.key for card in self.people.cards]
        return [f"c.{version(counts)}", *cards, self.people.gone_key, *(r.key for r in self.queues)]
