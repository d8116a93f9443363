"""What *Floor* shows now, and which parts of it the page already has."""

from collections import defaultdict

from qc.admin.floor import queues
from qc.admin.floor.people import PeopleOnFloor, PersonCard
from qc.admin.floor.reads import FloorData, given_back_by_all
from qc.admin.shared.etags import version

Part = PersonCard | queues.QueueRow
# The most digests of cards, and of rows, that a page sends: an address must not grow with a floor.
MOST_DIGESTS = 64


class FloorState:
    """The people and the queues at one moment.

    Each card and row has a key, which changes when anything on it does; `seen` has a digest of all
    keys in their order, and of those of each group of cards or rows: up to so many it is one each.
    Those of a group whose digest is in the `seen` of a page are marked as known. `mentions` is how
    many comments mention who looks, `done` how many tasks were completed today.
    """

    def __init__(self, seen: str = "", mentions: int = 0) -> None:
        self.mentions = mentions
        data = FloorData()
        self.people = PeopleOnFloor(data)
        self.queues = queues.rows(data)
        # Those of queues that were closed since, too.
        self.done = sum(n for n, _first in data.completed.values())
        self.given_back = given_back_by_all()
        known = set(seen.split(","))
        groups = self._groups()
        digests = [version(*(part.key for part in group)) for group in groups]
        for group, digest in zip(groups, digests, strict=True):
            for part in group:
                part.is_known = digest in known
        self.seen = ",".join([version(*self._keys()), *digests])

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

    def _groups(self) -> list[list[Part]]:
        """Return cards and rows in groups that stay the same whatever becomes of their parts."""
        groups: dict[tuple[bool, int], list[Part]] = defaultdict(list)
        for card in self.people.cards:
            groups[True, card.person.pk % MOST_DIGESTS].append(card)
        for row in self.queues:
            groups[False, row.queue.pk % MOST_DIGESTS].append(row)
        return list(groups.values())

    def _keys(self) -> list[str]:
        """Return the keys of all that is shown, in its order."""
        people = self.people
        counts = version(sorted(people.counts.items()), sorted(people.more.items()), self.done)
        cards = [card.key for card in people.cards]
        given_back = [(task.reference, task.name, str(task.queue)) for task in self.given_back]
        given_back_key = f"b.{version(given_back)}"
        others = [people.signed_out_key, given_back_key]
        return [f"c.{counts}.{self.mentions}", *cards, *others, *(row.key for row in self.queues)]
