"""Reads the objects of a JSON text one by one: never more than one is in memory.

Each is decoded by `json`; where it is cut off at the end of what was read, more is read first.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from qc.tables.formats import ENCODINGS, MOST_IN_ROW, BadFile, Format, too_long

CHUNK = 64 * 1024
# Where files were joined, the mark of the next one stands in the middle.
BLANKS = re.compile("[\ufeff \t\r\n]*")
# No sign of JSON that could be cut off is longer: two halves of a character, each as \uD83D.
LONGEST_SIGN = 12
SHOWN = 30


class Number(str):
    """A number as it is written, whatever its size."""

    __slots__ = ()


class Object(tuple[tuple[str, Any], ...]):
    """The names and values of an object, in their order."""

    __slots__ = ()


def objects(file: BinaryIO, format: Format) -> Iterator[tuple[int, Object]]:
    """Return the objects with their numbers: of a list, or of a text that has nothing around them.

    Raises BadFile, at the row that is broken, or that is no object.
    """
    file.seek(0)
    text = _Text(file, format.encoding)
    if format.kind == "jsonl":
        while text.sign():
            yield text.row, text.object()
            text.row += 1
        return
    is_more = text.passes("[") and text.sign() != "]"
    while is_more:
        yield text.row, text.object()
        is_more = text.sign() != "]" and text.passes(",")
        text.row += is_more
    if text.passes("]") and text.sign():
        raise text.broken(text.at)


class _Text:
    """A text while it is read: what is at hand of it, how far that was read, and in which row."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.at_hand, self.at, self.row = "", 0, 1
        self.is_whole = self.is_misspelt = False
        self.decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=Number,
            parse_int=Number,
            parse_constant=self._refuse,
        ).raw_decode

    def sign(self) -> str:
        """Return the next character that is not blank, without passing it; "" at the end."""
        while True:
            self.at = BLANKS.match(self.at_hand, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.at_hand):
                return self.at_hand[self.at]
            if not self._takes_more():
                return ""

    def passes(self, sign: str) -> bool:
        """Pass this sign. Raises BadFile where it is not the next one."""
        if self.sign() != sign:
            raise self.broken(self.at)
        self.at += 1
        return True

    def object(self) -> Object:
        """Pass an object and return it. Raises BadFile."""
        if self.sign() not in ("{", ""):
            raise self._no_object()
        while True:
            try:
                found, end = self.decode(self.at_hand, self.at)
            except json.JSONDecodeError as error:
                self._take_the_rest(error)
            except RecursionError as error:
                raise too_deep(self.row) from error
            else:
                self._check_length(end)
                self.at = end
                return cast("Object", found)

    def broken(self, at: int) -> BadFile:
        """Return the refusal of what stands there, or of the end."""
        words = {"row": self.row, "text": shown(self.at_hand[at : at + SHOWN])}
        if not words["text"]:
            return BadFile(
                _("The file ends in the middle of row %(row)d. Please save or upload it again.")
                % words
            )
        return BadFile(
            _("Row %(row)d is not valid JSON from here on: “%(text)s”. Please save the file again.")
            % words
        )

    def _takes_more(self) -> bool:
        """Take more of the text to hand; return False at its end."""
        if self.is_misspelt:
            raise self._misspelt()
        if self.is_whole:
            return False
        # Twice as much as there was: what is cut off again and again is not decoded as often.
        data = self.file.read(max(CHUNK, len(self.at_hand) - self.at))
        self.is_whole = not data
        try:
            text = self.decoder.decode(data, final=self.is_whole)
        except UnicodeDecodeError as error:
            # What stands before it is read first: so it is known in which row it is.
            text, self.is_misspelt = error.object[: error.start].decode(self.encoding), True
        self.at_hand, self.at = self.at_hand[self.at :] + text, 0
        return True

    def _take_the_rest(self, error: json.JSONDecodeError) -> None:
        """Take more of an object that is cut off. Raises BadFile if it is broken, or too long."""
        is_open = error.msg.startswith("Unterminated string")
        if not is_open and error.pos < len(self.at_hand) - LONGEST_SIGN:
            raise self.broken(error.pos)
        self._check_length(len(self.at_hand))
        if not self._takes_more():
            raise self.broken(len(self.at_hand) if is_open else error.pos)

    def _check_length(self, end: int) -> None:
        if end - self.at <= MOST_IN_ROW:
            return
        if self.row > 1:
            raise too_long(self.row)
        raise BadFile(
            _(
                "The first row has more than %s characters. If it contains a list with "
                "the rows, please save only that list."
            )
            % f"{MOST_IN_ROW:,}"
        )

    def _object(self, pairs: list[tuple[str, Any]]) -> Object:
        names = [name for name, _value in pairs]
        if len(set(names)) < len(names):
            name = next(name for name in names if names.count(name) > 1)
            raise twice(self.row, name)
        return Object(pairs)

    def _refuse(self, constant: str) -> None:
        words = {"row": self.row, "text": constant}
        raise BadFile(
            _("Row %(row)d has “%(text)s”, which is not a number. Please leave it empty: null.")
            % words
        )

    def _no_object(self) -> BadFile:
        words = {"row": self.row, "text": shown(self.at_hand[self.at : self.at + SHOWN])}
        return BadFile(
            _(
                "Row %(row)d begins with “%(text)s”. Each row must be an object with names: "
                '{"reference": "A-1", "name": "…"}.'
            )
            % words
        )

    def _misspelt(self) -> BadFile:
        words = {"row": self.row, "encoding": ENCODINGS[self.encoding]}
        return BadFile(
            _("Row %(row)d is not in %(encoding)s. Please save the file in UTF-8.") % words
        )


def too_deep(row: int) -> BadFile:
    """Return the refusal of a row with too many objects and lists in each other."""
    return BadFile(_("Row %d is nested too deeply.") % row)


def twice(row: int, name: str) -> BadFile:
    """Return the refusal of a row in which a name stands twice."""
    return BadFile(_("Row %(row)d has “%(name)s” twice.") % {"row": row, "name": shown(name)})


def shown(text: str) -> str:
    """Return what can be shown of a text: its beginning, without halves of characters."""
    return text[:SHOWN].encode("utf-8", "replace").decode().strip()
