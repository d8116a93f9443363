"""The people on *Floor*: a card for each who is there, those first who need a manager's eye."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from django.conf import settings
from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from qc.admin.floor.reads import Reads, gone, on_break_since
from qc.admin.shared import available_actions, labels
from qc.admin.shared.etags import version
from qc.models import Task, User
from qc.work import presence

MOST_CARDS = 60
MOST_GONE = 30


class Attention(IntEnum):
    """Why a manager should look at somebody, most pressing first."""

    NOT_RESPONDING = 1
    LATE = 2
    NOT_STARTED = 3
    IDLE = 4
    BUSY = 5
    ON_BREAK = 6
    FREE = 7


ALARMS: dict[Attention, str | Promise] = {
    Attention.NOT_RESPONDING: _("Did not start a task in time"),
    Attention.LATE: _("Has a late task"),
    Attention.NOT_STARTED: _("Has not started yet"),
    Attention.IDLE: _("Free while tasks are waiting"),
}


@dataclass
class Card:
    """A person who is there, with what they hold."""

    person: User
    tasks: list[Task]
    attention: Attention
    since: datetime | None
    # Whether the page that asks has this very card already.
    is_known: bool = False

    @property
    def is_free(self) -> bool:
        """Whether they could take another task now."""
        return self.person.is_free(len(self.tasks))

    @property
    def alarm(self) -> str | Promise:
        """Why a manager should look at them, or ""."""
        return ALARMS.get(self.attention, "")

    @property
    def says_since(self) -> bool:
        """Whether the card says since when; of who is busy the tasks say it."""
        return self.since is not None and (self.is_free or bool(self.person.break_reason))

    @property
    def label(self) -> SafeString:
        """Whether they take work, as a label."""
        return labels.presence(self.person)

    @property
    def offers(self) -> set[str]:
        """The actions that make sense now."""
        return available_actions.of_person(self.person)

    @cached_property
    def key(self) -> str:
        """Name this card and all that is to be read on it."""
        tasks = [
            (task.reference, task.name, task.priority, labels.due(task), labels.age(_since(task)))
            for task in self.tasks
        ]
        person = (str(self.person), self.person.get_full_name(), self.person.capacity)
        state = (self.person.break_reason, self.attention, labels.age(self.since))
        started = [task.started_at for task in self.tasks]
        return f"p{self.person.pk}.{version(person, state, tasks, started)}"


class People:
    """Everybody who does QC: how many in which state, and the cards of the first of them."""

    def __init__(self, reads: Reads) -> None:
        self.reads = reads
        on_break = [person for person in reads.people if person.break_reason]
        self.breaks = on_break_since(on_break)
        cards = sorted(map(self._card, reads.people), key=self._order)
        self.cards, rest = cards[:MOST_CARDS], cards[MOST_CARDS:]
        self.counts = Counter(_state(card) for card in cards)
        self.more = Counter(_state(card) for card in rest)
        named = gone().only("username", "first_name", "last_name", "last_seen_at")
        self.gone = list(named[:MOST_GONE])
        self.counts["out"] = gone().count()

    @property
    def gone_key(self) -> str:
        """Name all that is to be read about who is gone."""
        told = [(str(one), labels.age(one.last_seen_at)) for one in self.gone]
        return f"g.{version(told, self.counts['out'])}"

    @property
    def more_gone(self) -> int:
        """How many are gone beside those that are named."""
        return self.counts["out"] - len(self.gone)

    def _card(self, person: User) -> Card:
        tasks = self.reads.held.get(person.pk, [])
        return Card(person, tasks, self._attention(person, tasks), self._card_since(person, tasks))

    def _attention(self, person: User, tasks: list[Task]) -> Attention:
        if person.break_reason == presence.NOT_RESPONDING:
            return Attention.NOT_RESPONDING
        if any(task.due_at < self.reads.now for task in tasks):
            return Attention.LATE
        if person.break_reason:
            return Attention.ON_BREAK
        # Half of the time after which the sweep takes it away again.
        slow = self.reads.now - timedelta(minutes=settings.QC_START_MINUTES) / 2
        if any(not task.started_at and _since(task) < slow for task in tasks):
            return Attention.NOT_STARTED
        if len(tasks) >= person.capacity:
            return Attention.BUSY
        return Attention.IDLE if self.reads.waits_for(person) else Attention.FREE

    def _card_since(self, person: User, tasks: list[Task]) -> datetime | None:
        if person.break_reason:
            return self.breaks.get(person.pk)
        if len(tasks) < person.capacity:
            return person.idle_since
        return min(map(_since, tasks))

    def _order(self, card: Card) -> tuple[Attention, datetime, str]:
        return card.attention, card.since or self.reads.now, card.person.username


def _since(task: Task) -> datetime:
    """Return since when a task in somebody's hands is being worked on, or lies there."""
    moment = task.started_at or task.assigned_at
    assert moment is not None  # noqa: S101 - the database refuses a held task without it
    return moment


def _state(card: Card) -> str:
    """Return the state by the name that the list of people has for it."""
    if card.person.break_reason:
        return "break"
    return "free" if card.is_free else "busy"
