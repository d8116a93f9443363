"""One bad item stops nobody: work on many items, of which each may fail by itself.

Whoever runs a job collects what failed: `collecting`.
"""

import functools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone

from qc.core.exceptions import Busy, QCError
from qc.core.transactions import DATABASE_AWAY

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M", bound=Model)
# Drivers call these errors of operation: a value that is none, on MariaDB and MySQL, and one that a
# function of Django's can't compute with, on SQLite.
OF_A_ROW = (1292, 1366, 1411, "user-defined function raised exception")
# The step of which a row that can't be read at all is a failure.
READING = "reading"
# The most failures that a process remembers.
MOST_SEEN = 10_000
# The column by which people know an object.
NAMES = {
    "qc.task": "reference",
    "qc.user": "username",
    "qc.queue": "name",
    "qc.alert": "name",
}
# How often each function failed on an item since this process began.
failures: Counter[str] = Counter()


class Item(NamedTuple):
    """Something that a job works on, by the name that people know; `model` and `pk` find it.

    `person` is for whom it was meant.
    """

    name: str
    model: str = ""
    pk: int | None = None
    person: str = ""

    def __str__(self) -> str:
        return f"{self.name} for {self.person}" if self.person else self.name


class Failure(NamedTuple):
    """What failed: in which step, why and when. A whole step that failed has no item.

    `thing` is what the step was called with.
    """

    step: str
    item: Item | None
    error: str
    at: datetime
    thing: Any = None


@dataclass
class Outcome:
    """What failed in a job, and the steps with the ids of all items for which they went well."""

    failures: list[Failure] = field(default_factory=list)
    well: set[tuple[str, Any]] = field(default_factory=set)


_outcome: ContextVar[Outcome | None] = ContextVar("outcome", default=None)
# What has been logged with its traceback since this process began: a broken row fails every time.
_seen: set[tuple[str, Item | None, str]] = set()


@contextmanager
def collecting() -> Iterator[Outcome]:
    """Yield the outcome of all that is done inside; whoever collects outside gets it too."""
    outer, found = _outcome.get(), Outcome()
    token = _outcome.set(found)
    try:
        yield found
    finally:
        _outcome.reset(token)
        if outer is not None:
            outer.failures += found.failures
            outer.well |= found.well


def each(change: Callable[[T], int | bool], items: Iterable[T], name: Callable[[T], Item]) -> int:
    """Call `change` with each item; return the sum. An item that fails is logged by its name.

    A database that is away is no fault of an item: that is raised. Nor is it one that somebody
    else holds it locked: the next sweep finds it.
    """
    return sum(n for _item, n in results(change, items, name))


def results(
    change: Callable[[T], R], items: Iterable[T], name: Callable[[T], Item]
) -> list[tuple[T, R]]:
    """Call `change` with each item; return the items for which it went well, with the results."""
    found: list[tuple[T, R]] = []
    for item in items:
        try:
            found.append((item, change(item)))
            _went_well(change, [item])
        except Busy:
            logger.warning("%s found %s busy; the next sweep tries again", _of(change), name(item))
        except Exception as error:
            _raise_if_away(error)
            _note(_of(change), name(item), error, item)
    return found


def batch(
    change: Callable[[Sequence[T]], int], items: Sequence[T], name: Callable[[T], Item]
) -> int:
    """Call `change` with all items at once, and only when that fails with each by itself."""
    try:
        n = change(items)
    except Exception as error:
        _raise_if_away(error)
        logger.warning(
            "%s failed for %d items: each is tried alone (%s)", _of(change), len(items), error
        )
    else:
        _went_well(change, items)
        return n

    @functools.wraps(change)
    def alone(item: T) -> int:
        return change([item])

    return each(alone, items, name)


def step(change: Callable[[], int]) -> int:
    """Do a step of a job; return what it returns, or 0 when all of it fails: the others go on."""
    try:
        return change()
    except Exception as error:
        _raise_if_away(error)
        _note(_of(change), None, error)
        return 0


@contextmanager
def left_to_the_sweep(what: str, name: Callable[[], Item]) -> Iterator[None]:
    """Log what a hand-out fails of; the next sweep gives the person something else.

    The change that called for it stands, so its answer must not say otherwise. Refusals are raised;
    inside a transaction, which nothing of has changed yet, so is a database that is away or busy.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, Busy) or is_away(error):
            if connection.in_atomic_block:
                raise
            logger.warning("%s is left to the next sweep: %s", what, error)
        elif isinstance(error, QCError):
            raise
        else:
            _note(what, name(), error)


def is_away(error: Exception) -> bool:
    """Return whether an error says that the database is away, and not that a row is broken."""
    of_a_row = any(code in error.args for code in OF_A_ROW)
    return isinstance(error, DATABASE_AWAY) and not of_a_row


def readable(rows: "QuerySet[M]") -> list[M]:
    """Return the objects of a query without those that can't be read, which are logged by name.

    Only when reading all at once fails they are read by their ids, in ever smaller parts.
    """
    try:
        return list(rows)
    except Exception as error:
        _raise_if_away(error)
        logger.warning("%s can't be read at once: %s", rows.model._meta.label, error)
    return _read(rows, list(rows.values_list("pk", flat=True)))


def ids_of(rows: "QuerySet[M]", among: "QuerySet[M]") -> list[int]:
    """Return the ids of the objects of a query.

    Only when they can't be found at once each of the wider query `among` is looked at by itself.
    """
    try:
        return list(rows.values_list("pk", flat=True))
    except Exception as error:
        _raise_if_away(error)
        logger.warning("%s can't be searched at once: %s", rows.model._meta.label, error)

    def searching(pk: int) -> bool:
        return rows.filter(pk=pk).exists()

    candidates = among.values_list("pk", flat=True)
    return [pk for pk, found in results(searching, candidates, named(rows.model)) if found]


def named(model: type[Model]) -> Callable[[int], Item]:
    """Return a function that names an object by its id: as people know it.

    Nothing else is read of it: the rest may be what is broken.
    """
    label = model._meta.label_lower

    def name(pk: int) -> Item:
        rows = model._default_manager.filter(pk=pk)
        text = rows.values_list(NAMES.get(label, "pk"), flat=True).first()
        return Item(str(text or pk), label, pk)

    return name


def _read(rows: "QuerySet[M]", ids: Sequence[int]) -> list[M]:
    try:
        found = {row.pk: row for row in rows.filter(pk__in=ids)}
    except Exception as error:
        _raise_if_away(error)
        if len(ids) > 1:
            middle = len(ids) // 2
            return _read(rows, ids[:middle]) + _read(rows, ids[middle:])
        _note(READING, named(rows.model)(ids[0]), error)
        return []
    return [found[pk] for pk in ids if pk in found]


def _went_well(change: Callable[..., Any], items: Iterable[Any]) -> None:
    if (outcome := _outcome.get()) is not None:
        outcome.well.update((_of(change), getattr(item, "pk", item)) for item in items)


def _raise_if_away(error: Exception) -> None:
    if is_away(error):
        raise error


def _note(step: str, item: Item | None, error: Exception, thing: Any = None) -> None:
    """Log a failure, count it, and add it to what is collected."""
    failures[step] += 1
    text = f"{type(error).__name__}: {error}"
    if (outcome := _outcome.get()) is not None:
        outcome.failures.append(Failure(step, item, text, timezone.now(), thing))
    where = f" for {item}" if item else ""
    if (step, item, text) in _seen:
        logger.warning("%s failed%s again; all others go on (%s)", step, where, text)
        return
    if len(_seen) < MOST_SEEN:
        _seen.add((step, item, text))
    logger.error("%s failed%s; all others go on", step, where, exc_info=error)


def _of(change: Callable[..., Any]) -> str:
    return getattr(change, "__name__", "a change")
