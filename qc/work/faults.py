"""One bad item stops nobody: work on many items, of which each may fail by itself."""

import functools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from qc.core.exceptions import Busy
from qc.core.transactions import DATABASE_AWAY

logger = logging.getLogger(__name__)

T = TypeVar("T")
# How often each function failed on an item since this process began.
failures: Counter[str] = Counter()


def each(change: Callable[[T], int | bool], items: Iterable[T], name: Callable[[T], str]) -> int:
    """Call `change` with each item; return the sum. An item that fails is logged by its name.

    A database that is away is no fault of an item: that is raised. Nor is it one that somebody
    else holds it locked: the next sweep finds it.
    """
    return sum(_attempt(change, item, name) for item in items)


def batch(
    change: Callable[[Sequence[T]], int], items: Sequence[T], name: Callable[[T], str]
) -> int:
    """Call `change` with all items at once, and only when that fails with each by itself."""
    try:
        return change(items)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        logger.warning(
            "%s failed for %d items: each is tried alone (%s)", _of(change), len(items), error
        )

    @functools.wraps(change)
    def alone(item: T) -> int:
        return change([item])

    return each(alone, items, name)


def _attempt(change: Callable[[T], int | bool], item: T, name: Callable[[T], str]) -> int:
    try:
        return int(change(item))
    except DATABASE_AWAY:
        raise
    except Busy:
        logger.warning("%s found %s busy; the next sweep tries again", _of(change), name(item))
        return 0
    except Exception:
        failures[_of(change)] += 1
        logger.exception("%s failed for %s; all others go on", _of(change), name(item))
        return 0


def _of(change: Callable[..., Any]) -> str:
    return getattr(change, "__name__", "a change")
