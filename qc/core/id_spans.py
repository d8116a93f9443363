"""Sets of ids as spans, `[[1, 5], [7, 7]]`: short for consecutive ids, as in seals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

Spans = list[list[int]]


def ids_of(spans: Spans) -> Iterator[int]:
    """Yield all ids in some spans."""
    for first, last in spans:
        yield from range(first, last + 1)


def spans_of(ids: Iterable[int]) -> Spans:
    """Return the spans of ids, which must ascend."""
    spans: Spans = []
    for pk in ids:
        if spans and spans[-1][1] == pk - 1:
            spans[-1][1] = pk
        else:
            spans.append([pk, pk])
    return spans


def spans_near(spans: Spans, low: int, high: int) -> Spans:
    """Return the spans that have any id from `low` to `high`; all must ascend."""
    first = bisect_left(spans, low, key=itemgetter(1))
    return spans[first : bisect_right(spans, high, key=itemgetter(0))]
