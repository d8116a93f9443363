"""The free people of one queue, and the rule by which one of them is next."""

import random
from collections import OrderedDict
from typing import Protocol


class Line(Protocol):
    """The free people of a queue."""

    def add(self, person: int) -> None:
        """Add a person who is free."""

    def remove(self, person: int) -> None:
        """Remove a person who is no longer free."""

    def next(self) -> int | None:
        """Return the person who gets the next task, None when nobody is free."""

    def __len__(self) -> int: ...


class LongestIdle:
    """The person who has been free the longest is next: QC Desk's rule."""

    def __init__(self, dice: random.Random) -> None:
        self.people: OrderedDict[int, None] = OrderedDict()

    def add(self, person: int) -> None:
        """Add a person at the end."""
        self.people[person] = None

    def remove(self, person: int) -> None:
        """Remove a person, wherever they stand."""
        del self.people[person]

    def next(self) -> int | None:
        """Return the first person."""
        return next(iter(self.people), None)

    def __len__(self) -> int:
        return len(self.people)


class AnyOne:
    """Any free person may be next: the rule to compare with."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.people: list[int] = []
        self.place: dict[int, int] = {}

    def add(self, person: int) -> None:
        """Add a person."""
        self.place[person] = len(self.people)
        self.people.append(person)

    def remove(self, person: int) -> None:
        """Remove a person; the last one gets their place."""
        at, last = self.place.pop(person), self.people.pop()
        if last != person:
            self.people[at] = last
            self.place[last] = at

    def next(self) -> int | None:
        """Return one at random."""
        return self.dice.choice(self.people) if self.people else None

    def __len__(self) -> int:
        return len(self.people)
