"""The people on *Floor*: a card for each person who is there or holds a task, alarms first."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from operator import itemgetter
from typing import NamedTuple

from django.conf import settings
from django.utils.functional import Promise, cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.admin.floor.reads import FloorData, on_break_since, signed_out
from qc.admin.shared import available_actions, labels
from qc.admin.shared.etags import version
from qc.core.wording import clock
from qc.models import NOT_RESPONDING, Task, User
from qc.work import presence

NAMES = ("username", "first_name", "last_name", "is_machine")
MOST_CARDS = 60
MOST_SIGNED_OUT = 30
# With more people than these each is a row, and no card.
MOST_ON_CARDS = 12


class Attention(IntEnum):
    """Why a manager should look at somebody, most pressing first."""

    NOT_RESPONDING = 1
    SILENT = 2
    AWAY = 3
    LATE = 4
    NOT_STARTED = 5
    IDLE = 6
    BUSY = 7
    ON_BREAK = 8
    FREE = 9


ALARMS: dict[Attention, str | Promise] = {
    Attention.NOT_RESPONDING: gettext_lazy("Does not respond"),
    Attention.SILENT: gettext_lazy("Nothing seen since %(seen)s; %(task)s goes back at %(at)s"),
    Attention.AWAY: gettext_lazy("Signed out; keeps %(task)s until %(at)s"),
    Attention.LATE: gettext_lazy("Has a late task"),
    Attention.NOT_STARTED: gettext_lazy("Has not started yet"),
    Attention.IDLE: gettext_lazy("Free while tasks are waiting"),
}


class HeldTask(NamedTuple):
    """A task as a card shows it."""

    pk: int
    reference: str
    name: str
    priority: SafeString
    queue: str
    due: SafeString
    since: str

    @classmethod
    def of(cls, task: Task) -> "HeldTask":
        """Return what a card shows of a task."""
        started = _("started at %(at)s (%(age)s)")
        text = started if task.started_at else _("not started, assigned at %(at)s (%(age)s)")
        return cls(
            pk=task.pk,
            reference=task.reference,
            name=task.name,
            priority=labels.priority(task),
            queue=str(task.queue),
            due=labels.due(task),
            since=_at(text, _since(task)),
        )


@dataclass
class PersonCard:
    """A person with their tasks; `is_known` if the page already has this very card.

    Texts are made once: both the card and its key have them.
    """

    person: User
    tasks: list[Task]
    line: list[Task]
    attention: Attention
    since: datetime | None
    is_known: bool = False

    @property
    def is_free(self) -> bool:
        """Whether they could take another task now."""
        return self.person.is_free(len(self.tasks))

    @cached_property
    def alarm(self) -> str:
        """Why a manager should look at them; "" if nothing is wrong."""
        text = str(ALARMS.get(self.attention, ""))
        goes_back = _next_to_go_back(self.tasks) if "%" in text else None
        if goes_back is None:
            return text
        task, moment = goes_back
        seen = clock(self.person.last_seen_at or task.started_at)
        return text % {"seen": seen, "task": task.reference, "at": clock(moment)}

    @cached_property
    def says_since(self) -> str:
        """Since when they are free or on a break; "" for busy people, whose tasks show it."""
        if self.since is None or not (self.is_free or self.person.break_reason):
            return ""
        return _at(_("since %(at)s (%(age)s)"), self.since)

    @cached_property
    def held(self) -> list[HeldTask]:
        """Their tasks as the card shows them."""
        return [HeldTask.of(task) for task in self.tasks]

    @property
    def offers(self) -> set[str]:
        """The names of the actions that make sense now."""
        return available_actions.of_person(self.person)

    @cached_property
    def key(self) -> str:
        """The person's id and a version, which changes with anything shown on the card."""
        person = (str(self.person), self.person.get_full_name(), self.person.capacity)
        state = (self.person.break_reason, self.attention, self.alarm, self.says_since)
        line = [(task.pk, task.name, str(task.queue)) for task in self.line]
        return f"p{self.person.pk}.{version(person, state, self.held, line)}"


class PeopleOnFloor:
    """Everybody who does QC: the number in each state, and the first cards."""

    def __init__(self, data: FloorData) -> None:
        self.data = data
        self.breaks = on_break_since([person for person in data.people if person.break_reason])
        cards = sorted(map(self._card, data.people), key=self._order)
        self.cards = cards[:MOST_CARDS]
        self.counts = Counter(map(_presence, cards))
        self.more = Counter(map(_presence, cards[MOST_CARDS:]))
        named = signed_out().only(*NAMES, "last_seen_at")
        self.signed_out = list(named[:MOST_SIGNED_OUT])
        self.counts["out"] = signed_out().count()

    @property
    def is_dense(self) -> bool:
        """Whether there are so many that each is a row."""
        return len(self.cards) > MOST_ON_CARDS

    @property
    def signed_out_key(self) -> str:
        """A version, which changes with anything shown about people who are signed out."""
        shown = [(str(person), labels.age(person.last_seen_at)) for person in self.signed_out]
        return f"g.{version(shown, self.counts['out'])}"

    @property
    def more_signed_out(self) -> int:
        """How many more are signed out than are named."""
        return self.counts["out"] - len(self.signed_out)

    def _card(self, person: User) -> PersonCard:
        tasks = self.data.held.get(person.pk, [])
        attention = self._attention(person, tasks)
        since = self._card_since(person, tasks)
        return PersonCard(person, tasks, self.data.lines.get(person.pk, []), attention, since)

    def _attention(self, person: User, tasks: list[Task]) -> Attention:
        if alarm := self._alarm(person, tasks):
            return alarm
        if person.break_reason:
            return Attention.ON_BREAK
        if len(tasks) >= person.capacity:
            return Attention.BUSY
        return Attention.IDLE if self.data.waits_for(person) else Attention.FREE

    def _alarm(self, person: User, tasks: list[Task]) -> Attention | None:
        if person.break_reason == NOT_RESPONDING:
            return Attention.NOT_RESPONDING
        if not person.is_logged_in:
            return Attention.AWAY
        if any(warns <= self.data.now for warns in filter(None, map(presence.warns_from, tasks))):
            return Attention.SILENT
        if any(task.due_at < self.data.now for task in tasks):
            return Attention.LATE
        is_slow = not person.break_reason and self._is_slow(person, tasks)
        return Attention.NOT_STARTED if is_slow else None

    def _is_slow(self, person: User, tasks: list[Task]) -> bool:
        """Return whether half of the time is over after which the sweep takes a task back."""
        if any(task.started_at for task in tasks):
            return False
        slow = self.data.now - timedelta(minutes=settings.QC_START_MINUTES) / 2
        waits_since = person.idle_since or slow
        return any(not task.shown_at and max(_since(task), waits_since) <= slow for task in tasks)

    def _card_since(self, person: User, tasks: list[Task]) -> datetime | None:
        if person.break_reason:
            return self.breaks.get(person.pk)
        if len(tasks) < person.capacity:
            return person.idle_since
        return min(map(_since, tasks))

    def _order(self, card: PersonCard) -> tuple[Attention, datetime, str]:
        return card.attention, card.since or self.data.now, card.person.username


def _next_to_go_back(tasks: list[Task]) -> tuple[Task, datetime] | None:
    """Return the started task that goes back first unless its person is seen, and when."""
    moments = [(moment, task) for task in tasks if (moment := presence.silent_at(task))]
    return min(((task, moment) for moment, task in moments), key=itemgetter(1), default=None)


def _at(text: str, moment: datetime) -> SafeString:
    """Return a text with a moment and its age in it."""
    return SafeString(text % {"at": escape(clock(moment)), "age": labels.age(moment)})


def _since(task: Task) -> datetime:
    """Return when an assigned task was started, or else assigned."""
    moment = task.started_at or task.assigned_at
    assert moment is not None  # noqa: S101 - the database refuses a held task without it
    return moment


def _presence(card: PersonCard) -> str:
    """Return the value that the list of people filters by."""
    if not card.person.is_logged_in:
        return "out"
    if card.person.break_reason:
        return "break"
    return "free" if card.is_free else "busy"
