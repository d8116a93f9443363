"""What a row gets beside its own cells: values for all rows, and a reference where there is none.

A reference is made of the cells of some columns, with a running number where an earlier row has the
same ones, or is a running number behind a prefix. The same file gets the same numbers again, and so
does one that begins with the same rows; another one goes on where the last one ended.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, count, islice

from django.utils.text import slugify

from qc.imports.columns import plain_heading
from qc.imports.reading import Reading
from qc.models import Import, Task
from qc.tables.cells import stripped, unescaped

# Between the cells that a reference is made of.
JOINED = "-"
LONGEST_PREFIX = 40
LONGEST_REFERENCE = Task._meta.get_field("reference").max_length or 0
# Pairs of columns that are offered as a key, and columns that are looked at for them.
MOST_KEYS, MOST_COLUMNS = 4, 12
# The share of rows that a key must tell apart at least.
MOSTLY = 0.5
DAY = re.compile(r"\d[-/. ]+\w+[-/. ]+\d")


class Completion:
    """Completes the rows of one table, in their order."""

    def __init__(self, header: Sequence[str], how: Reading) -> None:
        self.values = {name: value for name, value in how.values.items() if value}
        self.prefix = how.number_prefix
        self.numbers = count(how.number_from or 1)
        self.key = _places(header, how.key)
        # Whether rows get a reference that is in none of their cells.
        self.makes_references = bool(self.key) or self.prefix is not None

    @property
    def names(self) -> set[str]:
        """The columns of ours that it fills in."""
        return {*self.values, *(["reference"] if self.makes_references else [])}

    def of_next(self, texts: Sequence[str]) -> dict[str, str]:
        """Return what the next row gets where its own cell is empty, by our columns."""
        if not self.makes_references:
            return self.values
        return self.values | {"reference": self._reference(texts)}

    def _reference(self, texts: Sequence[str]) -> str:
        if self.key:
            parts = (unescaped(texts[at]) for at in self.key if at < len(texts))
            return JOINED.join(filter(None, parts))
        return f"{self.prefix}{next(self.numbers)}"


def settle(record: Import, how: Reading) -> Reading:
    """Return how a file is read, with its first number; its mapping must be known.

    Where a column is the reference, none is made.
    """
    if "reference" in record.mapping:
        return replace(how, key=[], number_prefix=None, number_from=None)
    if how.number_prefix is None:
        return how
    return replace(how, number_from=first_number(record, how.number_prefix))


def first_number(record: Import, prefix: str) -> int:
    """Return the number of a file's first row: the same for the same file, else the next free.

    A list that has grown keeps its numbers, if no other list has the next ones.
    """
    written = Import.objects.filter(last_history__isnull=False).exclude(pk=record.pk)
    numbered = written.filter(reading__number_prefix=prefix).order_by("pk")
    free, of_last = 1, 1
    for one in numbered.only("sha256", "fingerprint", "samples", "reading", "rows"):
        first = int(one.reading.get("number_from", 1))
        if one.sha256 == record.sha256:
            return first
        if first + one.rows >= free:
            free, of_last = first + one.rows, first if _begin_alike(one, record) else 0
    return of_last or free


def suggested_prefix(record: Import) -> str:
    """Return a prefix for the numbers of a file's rows: the file's name in plain letters."""
    stem = record.file_name.rpartition(".")[0] or record.file_name
    name = slugify(stem).upper().replace("_", JOINED)[:LONGEST_PREFIX].strip(JOINED)
    return f"{name}{JOINED}" if name else ""


def unique_keys(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return pairs of headings whose cells together tell all these rows apart, or else most.

    Those with a day come first: what was done when is told apart in the next list, too.
    """
    filled = [at for at, heading in enumerate(header) if heading and _is_filled(rows, at)]
    days = {at for at in filled[:MOST_COLUMNS] if all(DAY.search(row[at]) for row in rows)}
    pairs = combinations(filled[:MOST_COLUMNS], 2)
    likely = sorted(pairs, key=lambda pair: len(days.intersection(pair)) != 1)
    unique = list(islice((pair for pair in likely if _distinct_share(rows, pair) == 1), MOST_KEYS))
    return [[header[one], header[other]] for one, other in unique or _best(rows, likely)]


def _best(rows: Sequence[Sequence[str]], pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the pair that tells most of the rows apart, if it does so for enough of them."""
    shares = {pair: _distinct_share(rows, pair) for pair in pairs}
    best = max(shares, key=lambda pair: shares[pair], default=None)
    return [best] if best and shares[best] > MOSTLY else []


def _is_filled(rows: Sequence[Sequence[str]], at: int) -> bool:
    return all(at < len(row) and row[at].strip() for row in rows)


def _distinct_share(rows: Sequence[Sequence[str]], pair: tuple[int, int]) -> float:
    """Return the share of rows that these cells tell apart; 0 where they make no reference."""
    keys = {JOINED.join(stripped(row[at]) for at in pair) for row in rows}
    is_short = max(map(len, keys), default=0) <= LONGEST_REFERENCE
    return len(keys) / len(rows) if rows and is_short else 0


def _places(header: Sequence[str], headings: Sequence[str]) -> list[int]:
    names = list(map(plain_heading, header))
    return [names.index(name) for name in map(plain_heading, headings) if name in names]


def _begin_alike(one: Import, other: Import) -> bool:
    is_same_list = one.fingerprint == other.fingerprint and one.samples == other.samples
    return is_same_list and bool(one.samples)
