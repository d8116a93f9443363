"""Sets of ids as spans, `[[1, 5], [7, 7]]`: short for consecutive ids, as in seals."""

from collections.abc import Iterable, Iterator

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
