"""Reads the log of events, for whoever asks instead of being told."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from qc.models import TaskEvent
from qc.webhooks import bodies, log


@dataclass(frozen=True)
class Wanted:
    """Which events are read, and how many at once: none of `types` means all, and so no `queue`."""

    limit: int
    types: Collection[str] = ()
    queue: int | None = None


class FeedPage(NamedTuple):
    """Events, each with its id; the next ones come after `upto`."""

    events: list[dict[str, Any]]
    upto: int


def read(after: int, wanted: Wanted) -> FeedPage:
    """Return the events after one, oldest first."""
    # Read before them: what comes meanwhile is above it, and read the next time.
    newest = log.newest()
    events = TaskEvent.objects.filter(pk__gt=after, pk__lte=newest).order_by("pk")
    if wanted.types:
        events = events.filter(type__in=list(wanted.types))
    if wanted.queue is not None:
        events = events.filter(queue=wanted.queue)
    found = list(events[: wanted.limit])
    if not found:
        return FeedPage([], max(after, newest))
    made = bodies.of_rows({one.row: one.type for one in found})
    payloads = [{"id": one.name, **made[one.row]} for one in found if one.row in made]
    is_all = len(found) < wanted.limit
    return FeedPage(payloads, newest if is_all else found[-1].pk)
