"""What *Floor* shows now, and which parts of it the page already has."""

from qc.admin.floor import queues
from qc.admin.floor.people import PeopleOnFloor, PersonCard
from qc.admin.floor.reads import FloorData, given_back_by_all
from qc.admin.shared.etags import version


class FloorState:
    """The people and the queues at one moment.

    Each card and row has a key, which changes when anything on it does; `seen` lists all of them
    in their order. Cards and rows whose keys are in the `seen` of a page are marked as known.
    """

    def __init__(self, seen: str = "") -> None:
        data = FloorData()
        self.people = PeopleOnFloor(data)
        self.queues = queues.rows(data)
        self.given_back = given_back_by_all()
        known = set(seen.split(","))
        parts: list[PersonCard | queues.QueueRow] = [*self.people.cards, *self.queues]
        for part in parts:
            part.is_known = part.key in known
        self.seen = ",".join(self._keys())

    @property
    def waiting(self) -> str:
        """How many tasks wait in all queues."""
        counted = sum(row.backlog.waiting for row in self.queues)
        return queues.at_least(counted, any(row.is_more for row in self.queues))

    @property
    def late(self) -> str:
        """How many tasks are late in all queues."""
        counted = sum(row.n_late for row in self.queues)
        return queues.at_least(counted, any(row.is_more_late for row in self.queues))

    @property
    def done(self) -> int:
        """How many tasks have been completed today."""
        return sum(row.done for row in self.queues)

    def _keys(self) -> list[str]:
        people = self.people
        counts = version(sorted(people.counts.items()), sorted(people.more.items()))
        cards = [card.key for card in people.cards]
        given_back = [(task.reference, task.name, str(task.queue)) for task in self.given_back]
        given_back_key = f"b.{version(given_back)}"
        others = [people.signed_out_key, given_back_key]
        return [f"c.{counts}", *cards, *others, *(row.key for row in self.queues)]
