"""The options by which the API and the console say how a file is read: the same for both.

Each choice (`qc.imports.choices`) is answered by one of them.
"""

import codecs
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidInput
from qc.imports.choice import Choice
from qc.imports.columns import COLUMNS, LEFT_OUT, detail
from qc.imports.due_dates import DueDates
from qc.imports.reading import KEEP, LEAVE_OUT, Reading, Undecided
from qc.imports.validation import Checker
from qc.models.queues import folded
from qc.tables.formats import ENCODINGS

# Python's names of encodings, and of the ones by which programs mean them.
WIDER = {"shift_jis": "cp932", "euc_kr": "cp949", "gb2312": "gbk", "iso8859-1": "cp1252"}
# What a column may be beside ours: one of the sender's, or left out.
THEIRS, NOTHING = "details", "-"
# The option for a value that all rows get, and the column that it is for.
VALUES = {"queue": "queue", "priority": "priority", "due": "due_at"}
STRAY = {None: "", True: LEAVE_OUT, False: KEEP}
# What answers each choice, in the API and in the console.
ANSWERS = {
    "encoding": ("encoding=NAME", "--encoding NAME"),
    "header_row": ("header_row=N", "--header-row N"),
    "day_first": ("day_first=true or day_first=false", "--day-first or --month-first"),
    "hidden_rows": (
        "hidden_rows=with or hidden_rows=without",
        "--hidden-rows with or --hidden-rows without",
    ),
    "stray_cells": (
        "ignore_stray_cells=true or ignore_stray_cells=false",
        "--ignore-stray-cells or --no-ignore-stray-cells",
    ),
    "words": ("word=%(item)s=1|2|3|4", "--word '%(item)s=1|2|3|4'"),
    "queues": ("queue_name=%(item)s=NAME", "--queue-name '%(item)s=NAME'"),
    "columns": ("map=THEIRS=%(item)s", "--map 'THEIRS=%(item)s'"),
    "values": ("%(item)s=NAME", "--%(item)s NAME"),
    "key": ("key=COLUMN,COLUMN or number=PREFIX", "--key 'COLUMN,COLUMN' or --number PREFIX"),
}


def reading_of(options: Mapping[str, Any]) -> Reading:
    """Return how a file is read by these options; one that is missing or None is not chosen.

    Raises InvalidInput for what none of them can be.
    """
    chosen = Reading(
        encoding=_encoding(options.get("encoding") or ""),
        sheet=options.get("sheet") or "",
        header_row=options.get("header_row"),
        day_first=options.get("day_first"),
        hidden_rows=options.get("hidden_rows") or "",
        stray_cells=STRAY[options.get("ignore_stray_cells")],  # type: ignore[arg-type]
        words={word: _priority(level) for word, level in _pairs(options, "word")},
        queues={folded(theirs): ours for theirs, ours in _pairs(options, "queue_name")},
        columns={theirs: _meaning(theirs, ours) for theirs, ours in _pairs(options, "map")},
        values={ours: options[name] for name, ours in VALUES.items() if options.get(name)},
        key=[name.strip() for name in (options.get("key") or "").split(",") if name.strip()],
        number_prefix=options.get("number"),
    )
    return replace(chosen, values=chosen.values | _as_ours(chosen))


def answer_of(choice: Choice, *, in_shell: bool) -> str:
    """Return what answers a choice: "day_first=true or …", or "--day-first or …" in the console."""
    return ANSWERS[choice.name][in_shell] % {"item": choice.item}


def _encoding(name: str) -> str:
    """Return our name for an encoding, whatever it is called."""
    if not name:
        return ""
    with suppress(LookupError):
        wanted = codecs.lookup(name).name
        for one in ENCODINGS:
            if codecs.lookup(one).name == WIDER.get(wanted, wanted):
                return one
    message = _("There is no such encoding. Choose one of: %s.") % ", ".join(ENCODINGS)
    raise InvalidInput("encoding", message)


def _pairs(options: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    for pair in options.get(name) or ():
        theirs, equals, ours = pair.rpartition("=")
        if not (equals and theirs.strip()):
            raise InvalidInput(name, _("Write THEIRS=ours, not %s.") % pair)
        yield theirs.strip(), ours.strip()


def _meaning(theirs: str, ours: str) -> str:
    """Return the entry of a mapping for what a column is called here."""
    if ours in COLUMNS:
        return ours
    known = {THEIRS: detail(theirs), NOTHING: LEFT_OUT, "": LEFT_OUT}
    if ours not in known:
        message = _("There is no column %(name)s. Choose one of: %(columns)s.")
        words = {"name": ours, "columns": ", ".join([*COLUMNS, THEIRS, NOTHING])}
        raise InvalidInput("map", message % words)
    return known[ours]


def _priority(level: str) -> int:
    if level not in ("1", "2", "3", "4"):
        raise InvalidInput("word", _("Allowed are 1, 2, 3 and 4."))
    return int(level)


def check_due(text: str, chosen: Reading) -> None:
    """Raise InvalidInput for a due time of all rows that no row can have."""
    try:
        DueDates(chosen.day_first).read(text)
    except Undecided as undecided:
        message = _("Enter a date such as 2026-11-30, 2026-11-30 14:30 or 30.11.2026 14:30.")
        raise InvalidInput("due", message) from undecided
    except (ValueError, ValidationError) as refusal:
        raise InvalidInput("due", " ".join(getattr(refusal, "messages", refusal.args))) from refusal


def _as_ours(chosen: Reading) -> dict[str, str]:
    """Return queue and priority of all rows in our words. Raises InvalidInput."""
    if due := chosen.values.get("due_at"):
        check_due(due, chosen)
    checker, found = Checker([], chosen), {}
    for name in ("queue", "priority"):
        try:
            if value := chosen.values.get(name):
                read = checker.read(name, value)
                found[name] = read.name if name == "queue" else str(read.value)
        except ValueError as refusal:
            raise InvalidInput(name, str(refusal)) from refusal
    return found
