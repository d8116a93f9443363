"""Reads and writes tables that are JSON: a list of objects, or an object in each line.

An object in a row becomes columns, such as "details: size"; what is nested deeper, or is a list, is
written in its cell as JSON. Formulas are quoted with ' as in CSV, so later steps treat all formats
alike.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from qc.tables import formats
from qc.tables.cells import quoted, stripped, unescaped
from qc.tables.formats import MOST_COLUMNS, BadFile, Format, Row, row
from qc.tables.json_stream import Number, objects, shown, too_deep, twice

# Halves of a character that was cut in two: no text can hold them; each becomes SUBSTITUTE.
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
SUBSTITUTE = "\x1a"
# Sets of names that are cached: most rows have the same.
MANY = 100


def read(file: BinaryIO, format: Format) -> Iterator[Row]:
    """Yield a header of all names in the file, in the order of their first row, and the rows.

    Raises BadFile before the header where the file is broken, or a name can't be in the header.
    """
    header = _header(file, format)
    if header:
        yield row(0, [*header])
    for number, found in objects(file, format):
        cells = dict(zip(*_columns(found), strict=True))
        yield row(number, [_cell(number, cells.get(heading)) for heading in header])


def write(file: BinaryIO, format: Format, rows: Iterable[Sequence[str]]) -> None:
    """Write rows as objects, all cells as texts, in UTF-8 as JSON should be."""
    texts = ([unescaped(cell) for cell in cells] for cells in rows)
    header = next(texts)
    before, between, end = ("[\n", ",\n", "\n]\n") if format.kind == "json" else ("", "\n", "\n")
    with formats.as_text(file, "utf-8") as text:
        for values in texts:
            found = dict(zip(header, values, strict=False))
            text.write(before + json.dumps(found, ensure_ascii=False))
            before = between
        text.write(end)


def _header(file: BinaryIO, format: Format) -> list[str]:
    header: dict[str, None] = {}
    number, found = 0, dict[str, Any]()
    for number, found in objects(file, format):
        headings, _values = _columns(found)
        _check(number, headings)
        header |= dict.fromkeys(headings)
        if len(header) > MOST_COLUMNS:
            message = _("Up to row %(row)d there are more than %(most)d columns.")
            raise BadFile(message, row=number, most=MOST_COLUMNS)
    if number == 1 and format.kind == "jsonl":
        _check_alone(found)
    return list(header)


def _check(number: int, headings: tuple[str, ...]) -> None:
    """Raise BadFile for a row with two values in one column, or a name that can't be a heading."""
    if len(set(headings)) < len(headings):
        raise twice(number, [unescaped(heading) for heading in headings])
    if "" in headings:
        raise BadFile(_("Row %d has a value without a name.") % number)
    if max(map(len, headings), default=0) > formats.MOST_IN_CELL:
        raise formats.too_long(number)


def _check_alone(found: dict[str, Any]) -> None:
    """Raise BadFile if the only object of a file seems to contain the rows."""
    for name, value in found.items():
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            message = _(
                "The file is one object with a list in “%s”. Please save only that "
                "list. If the object is itself a row, put [ before it and ] after it."
            )
            raise BadFile(message % shown(name))


def _columns(found: dict[str, Any]) -> tuple[tuple[str, ...], list[Any]]:
    """Return the headings and values of a row; an object in it becomes columns."""
    names: list[tuple[str, ...]] = []
    values: list[Any] = []
    for name, value in found.items():
        if isinstance(value, dict):
            names += [(name, inner) for inner in value]
            values += value.values()
        else:
            names.append((name,))
            values.append(value)
    return _headings(tuple(names)), values


@lru_cache(MANY)
def _headings(names: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the headings of these names; "" for one that is blank."""
    clean = ([stripped(LONE_SURROGATES.sub(SUBSTITUTE, one)) for one in parts] for parts in names)
    return tuple(quoted(": ".join(parts)) if all(parts) else "" for parts in clean)


def _cell(number: int, value: Any) -> str:
    """Return the cell of a value: text unchanged, null as "", all else as JSON."""
    try:
        text = value if isinstance(value, str) else "" if value is None else _json(value)
    except RecursionError as error:
        raise too_deep(number) from error
    return quoted(LONE_SURROGATES.sub(SUBSTITUTE, str(text))) if text else ""


def _json(value: Any) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, dict):
        pairs = [f"{_json(name)}: {_json(one)}" for name, one in value.items()]
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_json, value))}]"
    return json.dumps(value, ensure_ascii=False)
