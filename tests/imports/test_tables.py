"""Tables: what is written reads back the same, in every form."""

import codecs
import io
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc import tables
from qc.tables import DELIMITERS, ENCODINGS, Format

XLSX = Format("xlsx")
FORMATS = [XLSX] + [Format("csv", name, between) for name in ENCODINGS for between in DELIMITERS]


def read(file: BinaryIO, format: Format | None = None) -> list[list[str]]:
    return [row.cells for row in tables.read(file, format or tables.detect(file))]


def text(format: Format) -> st.SearchStrategy[str]:
    encoding = format.encoding or "utf-8"
    # Characters that this encoding lacks can't be written; and no text has a NUL.
    alphabet = st.characters(codec=encoding, exclude_characters="\0")
    telling = ["=1", "'", " x ", "sep=;", '"', "a\r\nb", "\r", ",;\t|", "_x0041_", "1.0", "#REF!"]
    return st.text(alphabet, max_size=12) | st.sampled_from(telling)


@pytest.mark.parametrize("format", FORMATS, ids=str)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_written_reads_back_the_same(format: Format, data: st.DataObject) -> None:
    # The last cell says something: empty cells at a row's end, and blank rows, are not kept.
    row = st.tuples(st.lists(text(format), max_size=4), st.just("x")).map(lambda r: [*r[0], r[1]])
    rows = data.draw(st.lists(row, min_size=2, max_size=5))
    file = io.BytesIO()
    tables.write(file, format, rows)
    assert read(file, format) == rows


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_what_is_written_is_known_again(format: Format) -> None:
    file = io.BytesIO()
    tables.write(file, format, [["reference", "name"], ["A-1", "Prüfung, 1; 2"], ["A-2", "é"]])
    assert tables.detect(file) == format


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_what_can_not_be_read_in_a_form_is_said_in_words(format: Format) -> None:
    for data in (b"", b"PK\x03\x04", b"\xff\xfe\0", b'"', b"\x81\n\x81", bytes(range(256)) * 9):
        with pytest.raises(tables.BadFile):
            read(io.BytesIO(data), format)


def test_another_form_can_be_chosen() -> None:
    file = io.BytesIO("name,x\nMüller;1,2\n".encode("cp1252"))
    chosen = Format("csv", "cp1252", ";")
    assert read(file, chosen) == [["name,x"], ["Müller", "1,2"]]
    assert str(chosen) == (
        "Text (CSV): Windows-1252 (Western European), cells separated by semicolon"
    )


def test_the_file_stays_open() -> None:
    file = io.BytesIO(b"a,b\n1,2\n3,4\n")
    next(tables.read(file, tables.detect(file)))
    assert not file.closed


def test_a_text_far_behind_the_beginning_is_looked_at_for_its_encoding() -> None:
    start = b"name,x\n" + b"abc,1\n" * 250_000
    for last, encoding in ((b"\xfc,1\n", "cp1252"), ("ü,1\n".encode(), "utf-8")):
        assert tables.detect(io.BytesIO(start + last)).encoding == encoding


def test_a_mark_goes_before_everything() -> None:
    file = io.BytesIO(codecs.BOM_UTF8 + b'"reference","name"\n"A-1","x"\n')
    assert read(file) == [["reference", "name"], ["A-1", "x"]]
