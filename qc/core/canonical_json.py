"""The chain of seals over the rows of history, and what came of verifying it.

A seal holds the digest of each of its rows and the hash of the seal before it; its own hash is
over all of that. Whoever changes a sealed row has to change its seal, and each seal after it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

Spans = list[list[int]]


def canonical(value: Any) -> str:
    """Write a value as JSON in the one way in which it is hashed."""
    return ENCODE(value)


# Made once: `json.dumps` makes an encoder for each call that asks for something of its own.
ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def moment(when: datetime) -> str:
    """Write a moment in the one way in which it is hashed: UTC, to the microsecond."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def hashed(content: dict[str, Any]) -> str:
    """Return the hash of what a seal says."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def within(spans: Spans) -> Iterator[int]:
    """Return all ids of some spans."""
    for first, last in spans:
        yield from range(first, last + 1)


def spans_of(ids: list[int]) -> Spans:
    """Return the spans of some rising ids."""
    spans: Spans = []
    for pk in ids:
        if spans and spans[-1][1] == pk - 1:
            spans[-1][1] = pk
        else:
            spans.append([pk, pk])
    return spans
