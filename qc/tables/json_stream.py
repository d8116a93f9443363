"""Reads the objects of a JSON text one by one, with only one in memory.

Each is decoded by `json`; when the text read so far ends inside it, more is read first.
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from qc.core.localization import number
from qc.tables.formats import ENCODINGS, MOST_IN_ROW, BadFile, Format, too_long

CHUNK = 64 * 1024
# Where files were joined, the byte order mark of the next one is in the middle.
BLANKS = re.compile("[\ufeff \t\r\n]*")
# The longest token of JSON that could be cut off: a pair of surrogates, each as \uD83D.
LONGEST_TOKEN = 12
SHOWN = 30


class Number(str):
    """A number as it is written, whatever its size."""

    __slots__ = ()


def objects(file: BinaryIO, format: Format) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects with their numbers: of a list (json), or one after another (jsonl).

    Raises BadFile at a row that is broken or not an object.
    """
    file.seek(0)
    text = _Text(file, format.encoding)
    if format.kind == "jsonl":
        while text.peek():
            yield text.row, text.object()
            text.row += 1
        return
    text.expect("[")
    if text.peek() != "]":
        yield text.row, text.object()
    while text.peek() != "]":
        text.expect(",")
        text.row += 1
        yield text.row, text.object()
    text.expect("]")
    if text.peek():
        raise text.broken(text.at)


class _Text:
    """A text while it is read: a part of it in memory, and the current place and row."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.part, self.at, self.row = "", 0, 1
        self.is_whole = self.decode_failed = False
        self.decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=Number,
            parse_int=Number,
            parse_constant=self._refuse_constant,
        ).raw_decode

    def peek(self) -> str:
        """Return the next character that is not blank, without passing it; "" at the end."""
        while True:
            self.at = BLANKS.match(self.part, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.part) or not self._read_more():
                return self.part[self.at : self.at + 1]

    def expect(self, character: str) -> None:
        """Pass this character. Raises BadFile where it is not the next one."""
        if self.peek() != character:
            raise self.broken(self.at)
        self.at += 1

    def object(self) -> dict[str, Any]:
        """Pass an object and return it. Raises BadFile."""
        if self.peek() not in ("{", ""):
            message = _(
                "Row %(row)d begins with “%(text)s”. Each row must be an object with names: "
                '{"reference": "A-1", "name": "…"}.'
            )
            raise BadFile(message, row=self.row, text=self._shown(self.at))
        while True:
            try:
                found, end = self.decode(self.part, self.at)
            except json.JSONDecodeError as error:
                self._read_rest(error)
            except RecursionError as error:
                raise too_deep(self.row) from error
            else:
                self._check_length(end)
                self.at = end
                return cast("dict[str, Any]", found)

    def broken(self, at: int) -> BadFile:
        """Return the refusal of a text that is not JSON from `at` on, or ends there."""
        if text := self._shown(at):
            message = _(
                "Row %(row)d is not valid JSON from here on: “%(text)s”. "
                "Please save the file again."
            )
        else:
            message = _(
                "The file ends in the middle of row %(row)d. Please save or upload it again."
            )
        return BadFile(message, row=self.row, text=text)

    def _shown(self, at: int) -> str:
        return shown(self.part[at : at + SHOWN])

    def _read_more(self) -> bool:
        """Read more of the text; return False at its end."""
        if self.decode_failed:
            message = _("Row %(row)d is not in %(encoding)s. Please save the file in UTF-8.")
            raise BadFile(message, row=self.row, encoding=ENCODINGS[self.encoding])
        if self.is_whole:
            return False
        # Twice as much each time, so that a long object is not decoded too often.
        data = self.file.read(max(CHUNK, len(self.part) - self.at))
        self.is_whole = not data
        try:
            text = self.decoder.decode(data, final=self.is_whole)
        except UnicodeDecodeError as error:
            # Read the text before it first, so that the refusal can name the row.
            text, self.decode_failed = error.object[: error.start].decode(self.encoding), True
        self.part, self.at = self.part[self.at :] + text, 0
        return True

    def _read_rest(self, error: json.JSONDecodeError) -> None:
        """Read more of an object that is cut off. Raises BadFile if it is broken, or too long."""
        is_open = error.msg.startswith("Unterminated string")
        if not is_open and error.pos < len(self.part) - LONGEST_TOKEN:
            raise self.broken(error.pos)
        self._check_length(len(self.part))
        if not self._read_more():
            raise self.broken(len(self.part) if is_open else error.pos)

    def _check_length(self, end: int) -> None:
        if end - self.at <= MOST_IN_ROW:
            return
        if self.row > 1:
            raise too_long(self.row)
        message = _(
            "The first row has more than %s characters. If it contains a list with "
            "the rows, please save only that list."
        )
        raise BadFile(message % number(MOST_IN_ROW))

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise twice(self.row, [name for name, _value in pairs])
        return found

    def _refuse_constant(self, constant: str) -> None:
        message = _(
            "Row %(row)d has “%(text)s”, which is not a number. Please leave it empty: null."
        )
        raise BadFile(message, row=self.row, text=constant)


def too_deep(row: int) -> BadFile:
    """Return the refusal of a row that is nested too deeply."""
    return BadFile(_("Row %d is nested too deeply.") % row)


def twice(row: int, names: Sequence[str]) -> BadFile:
    """Return the refusal of a row that has one of these names twice."""
    name = next(name for name in names if names.count(name) > 1)
    return BadFile(_("Row %(row)d has “%(name)s” twice."), row=row, name=shown(name))


def shown(text: str) -> str:
    """Return the beginning of a text for a message, without lone surrogates."""
    return text[:SHOWN].encode("utf-8", "replace").decode().strip()
