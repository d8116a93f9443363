"""How a file is read: one value, filled in alike by pages, API, console and by the file itself.

`Import.chosen` is what somebody chose for this file; `Import.reading` is what holds: the choices,
then those for the last file with the same header, then what the file proves. `Import.findings` is
what was seen in the file. What is neither proven nor chosen is asked: `qc.imports.choices`.
"""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self

from qc.models import Import

WITH, WITHOUT = "with", "without"
KEEP, LEAVE_OUT = "keep", "leave out"
# How references are made: of columns, or by numbers.
MADE = ("key", "number_prefix", "number_from")


class Undecided(Exception):
    """Something has to be chosen before this row can be read."""


class Stored:
    """A dataclass whose filled fields are stored as JSON."""

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Self:
        """Return what was stored; names that are unknown by now are left out."""
        known = {one.name for one in fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in stored.items() if name in known})

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are filled."""
        values = asdict(self)  # type: ignore[call-overload]
        return {name: value for name, value in values.items() if value not in (None, "", {}, [])}


@dataclass(frozen=True)
class Reading(Stored):
    """How a file is read; a field that is None or empty is neither chosen nor found.

    `header_row` is the number that a spreadsheet shows, or `NO_HEADER`. `words` are the file's
    words for priorities, and `queues` its names of queues, as `qc.models.queues.folded` spells
    them, each with ours. `columns` names the meaning of single headings, `values` has what all rows
    get where their own cell is empty, as it would stand in that cell. `key` are headings whose
    cells, joined, are the reference; with `number_prefix` ("" too) the rows are numbered, the first
    by `number_from`.
    """

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = None
    day_first: bool | None = None
    hidden_rows: Literal["with", "without", ""] = ""
    stray_cells: Literal["keep", "leave out", ""] = ""
    words: dict[str, int] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    number_prefix: str | None = None
    number_from: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the fields that are filled; to number without a prefix is a choice too."""
        numbered = {} if self.number_prefix is None else {"number_prefix": self.number_prefix}
        return super().as_json() | numbered

    @property
    def is_chosen(self) -> bool:
        """Whether somebody has chosen how rows are read, not only where they are."""
        return (
            bool(self.words or self.queues or any(self.values.values()) or self.key)
            or self.number_prefix is not None
        )

    def over(self, other: "Reading") -> "Reading":
        """Return what is filled here, and else what is filled in another one.

        Words and names that both map are taken from here; so are values for all rows. Of a
        reference, one is made in one way only.
        """
        mine, theirs = self.as_json(), other.as_json()
        if self.key or self.number_prefix is not None:
            theirs = {name: value for name, value in theirs.items() if name not in MADE}
        both = {
            name: theirs[name] | value
            for name, value in mine.items()
            if isinstance(value, dict) and name in theirs
        }
        return Reading(**theirs | mine | both)


@dataclass(frozen=True)
class Findings(Stored):
    """What was seen in a file, for the page and for what has to be asked.

    Of rows and cells the first are kept, and all are counted. `encodings` are the possible ones
    where nothing proves one, each with its first lines. `order` has the first row and cell that
    proves the "day" first, the "month" first, and the first that could be "either".
    """

    encodings: list[dict[str, Any]] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    # The first rows with their numbers: one of them is the header.
    top: list[tuple[int, list[str]]] = field(default_factory=list)
    looks_headless: bool = False
    hidden_rows: int = 0
    stray_cells: int = 0
    stray_rows: list[int] = field(default_factory=list)
    # The number of rows with a stray cell, of so many that were looked at.
    rows_with_stray: int = 0
    looked_at: int = 0
    order: dict[str, tuple[int, str]] = field(default_factory=dict)
    # Cells whose link was read.
    linked: int = 0
    # References made of cells that were made for an earlier row, too.
    repeats: int = 0
    # Words for priorities and names of queues that nobody knows, and how often they are there.
    words: dict[str, int] = field(default_factory=dict)
    queues: dict[str, int] = field(default_factory=dict)
    # Rows that only sum up others.
    totals: list[int] = field(default_factory=list)
    # New references that differ from one that exists by leading zeros only.
    zeros_lost: int = 0
    # The first column has no heading and only counts the rows.
    counts_rows: bool = False
    # References have decimals, or whole numbers of more than 15 digits that are not rounded.
    has_decimals: bool = False
    keeps_digits: bool = False
    # Pairs of headings whose cells tell all rows apart, where no column is the reference.
    keys: list[list[str]] = field(default_factory=list)
    # The import whose choices were taken, and who made it.
    remembered: dict[str, Any] = field(default_factory=dict)
    # All rows were looked at, not only the first.
    is_whole: bool = False

    @property
    def is_order_proven(self) -> bool:
        """Whether rows prove that the day is first, or the month."""
        return bool(self.order.keys() & {"day", "month"})


NOTHING_CHOSEN, NOTHING_FOUND = Reading(), Findings()


def chosen(record: Import) -> Reading:
    """Return what was chosen for a file."""
    return Reading.of_json(record.chosen)


def of(record: Import) -> Reading:
    """Return how a file is read."""
    return Reading.of_json(record.reading)


def findings(record: Import) -> Findings:
    """Return what was seen in a file."""
    return Findings.of_json(record.findings)


def decide(how: Reading, chosen: Reading, found: Findings) -> Reading:
    """Return how a file is read, given what was chosen for it or before, and what it proves.

    A proof goes before what was chosen for another file. Rows that prove both orders of day and
    month prove none.
    """
    proven = found.order.keys() & {"day", "month"}
    if chosen.day_first is not None or not proven:
        return how
    return replace(how, day_first="day" in proven if len(proven) == 1 else None)
