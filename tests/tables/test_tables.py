"""Tables: what is written reads back the same, in every form."""

import codecs
import contextlib
import io
import json
from typing import Any, BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc import tables
from qc.tables import cells
from qc.tables.formats import DELIMITERS, UNICODE, Format

XLSX = Format("xlsx")
ENCODINGS = [*UNICODE, "cp1252"]
FORMATS = [XLSX] + [Format("csv", name, between) for name in ENCODINGS for between in DELIMITERS]


def read(file: BinaryIO, format: Format | None = None) -> list[list[str]]:
    return [row.cells for row in tables.read(file, format or tables.detect(file))]


def text(format: Format) -> st.SearchStrategy[str]:
    encoding = format.encoding or "utf-8"
    # Characters that this encoding lacks can't be written; and no text has a NUL.
    alphabet = st.characters(codec=encoding, exclude_characters="\0")
    special = ["=1", "'", " x ", "sep=;", '"', "a\r\nb", "\r", ",;\t|", "_x0041_", "1.0", "#REF!"]
    special += ["<r>a & b</r>", "<r><t>x</t></r>", "_x005F_x0041_"]
    return st.text(alphabet, max_size=12) | st.sampled_from(special)


@pytest.mark.parametrize("format", FORMATS, ids=str)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_written_table_reads_back_the_same(format: Format, data: st.DataObject) -> None:
    # The last cell says something: empty cells at a row's end, and blank rows, are not kept.
    row = st.tuples(st.lists(text(format), max_size=4), st.just("x")).map(lambda r: [*r[0], r[1]])
    rows = data.draw(st.lists(row, min_size=2, max_size=5))
    file = io.BytesIO()
    tables.write(file, format, rows)
    assert read(file, format) == rows


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_written_format_is_detected_again(format: Format) -> None:
    file = io.BytesIO()
    tables.write(file, format, [["reference", "name"], ["A-1", "Prüfung, 1; 2"], ["A-2", "é"]])
    assert tables.detect(file) == format


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_data_of_another_format_is_refused(format: Format) -> None:
    for data in (b"", b"PK\x03\x04", b"\xff\xfe\0", b'"', b"\x81\n\x81", bytes(range(256)) * 9):
        with pytest.raises(tables.BadFile):
            read(io.BytesIO(data), format)


def test_another_format_can_be_chosen() -> None:
    file = io.BytesIO("name,x\nMüller;1,2\n".encode("cp1252"))
    chosen = Format("csv", "cp1252", ";")
    assert read(file, chosen) == [["name,x"], ["Müller", "1,2"]]
    assert str(chosen) == (
        "Text (CSV): Windows-1252 (Western European), cells separated by semicolon"
    )


def test_reading_leaves_the_file_open() -> None:
    file = io.BytesIO(b"a,b\n1,2\n3,4\n")
    next(tables.read(file, tables.detect(file)))
    assert not file.closed


def test_encoding_is_detected_far_behind_the_beginning() -> None:
    start = b"name,x\n" + b"abc,1\n" * 250_000
    for last, encoding in ((b"\xfc,1\n", "cp1252"), ("ü,1\n".encode(), "utf-8")):
        assert tables.detect(io.BytesIO(start + last)).encoding == encoding


@pytest.mark.parametrize(
    "words",
    ["pièce à contrôler, où?", "señal dañada, año según inspección", "Größe für Köln", "5 €"],
)
@pytest.mark.parametrize("count", [1, 500])
def test_windows_1252_is_read_in_western_languages(words: str, count: int) -> None:
    table = "reference;name\r\n" + f"A-1;{words}\r\n" * count
    assert read(io.BytesIO(table.encode("cp1252")))[1:] == [["A-1", words]] * count


def test_byte_order_mark_is_no_part_of_the_heading() -> None:
    file = io.BytesIO(codecs.BOM_UTF8 + b'"reference","name"\n"A-1","x"\n')
    assert read(file) == [["reference", "name"], ["A-1", "x"]]


LISTS = [Format(kind, "utf-8") for kind in ("json", "jsonl")]
names = text(LISTS[0]).map(cells.stripped).filter(bool)


@pytest.mark.parametrize("format", LISTS, ids=str)
@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_written_json_reads_back_the_same(format: Format, data: st.DataObject) -> None:
    # Cells as JSON gives them: what a spreadsheet would run has a ' before it.
    header = data.draw(st.lists(names.map(as_cell), unique=True, max_size=4))
    row = st.tuples(*[text(format).map(as_cell) for _name in header])
    expected = data.draw(st.lists(row, min_size=1, max_size=5))
    rows = [[*header, "last"], *([*cells, "x"] for cells in expected)]
    file = io.BytesIO()
    tables.write(file, format, rows)
    assert read(file, format) == rows


def as_cell(text: str) -> str:
    return cells.quoted(cells.unescaped(text))


def rows(data: bytes) -> list[list[str]]:
    return read(io.BytesIO(data))


def test_json_is_read_in_any_spelling() -> None:
    expected = [["a", "b: c"], ["1", "é"], ["2"]]
    pretty = json.dumps([{"a": 1, "b": {"c": "é"}}, {"a": 2, "b": {}}], indent=2)
    for spelled in (pretty, pretty.replace("\n", "\r\n").replace('"é"', '"\\u00e9"')):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be"):
            assert rows(spelled.encode(encoding)) == expected
    assert rows(b' {"a":1,"b":{"c":"\xc3\xa9"}}{"a":2}\n\n') == expected
    assert rows(b'[{"a":"1","b":{"c":"\xe9"}},{"a":"2"}]') == expected


def test_single_object_is_a_row_and_a_bracket_may_begin_a_heading() -> None:
    assert rows(b'{"a": 1, "tags": ["x"]}') == [["a", "tags"], ["1", '["x"]']]
    assert rows(b'[{"a": 1, "parts": [{"n": 1}]}]')[1] == ["1", '[{"n": 1}]']
    assert rows(b"[a],b\n1,2\n") == [["[a]", "b"], ["1", "2"]]


def test_json_reads_the_same_in_chunks_of_any_size(monkeypatch: Any) -> None:
    data = json.dumps([{"a": "é\\ \U0001f9fe", "b": [True, -1.5e-7, None]}] * 3).encode()
    whole = rows(data)
    for size in range(1, 20):
        monkeypatch.setattr("qc.tables.json_stream.CHUNK", size)
        assert rows(data) == whole


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ('[{"a": 1}', "The file ends in the middle of row 1."),
        ('[{"a": 1}, ', "The file ends in the middle of row 2."),
        ("[", "The file ends in the middle of row 1."),
        ('[{"a": 1} {"a": 2}]', "Row 1 is not valid JSON from here on: “{"),
        ('[{"a": 1}] x', "Row 1 is not valid JSON from here on: “x”"),
        ('[{"a": 1}, 2]', "Row 2 begins with “2]”."),
        ('{"a": 1}\n"b"', "Row 2 begins with “"),
        ('[{"a": -Infinity}]', "Row 1 has “-Infinity”, which is not a number."),
        ('[{"a": {"b": 1, "b": 1}}]', "Row 1 has “b” twice."),
        ('[{"a": 1, " a": 1}]', "Row 1 has “a” twice."),
        ('[{"a": {"b": 1}, "a: b": 1}]', "Row 1 has “a: b” twice."),
        ('[{"\\ud800": 1, "\\ud800": 1}]', "Row 1 has “?” twice."),
        ('[{"%s": 1}]' % ("x" * 40_000), "Row 1 is too long: a cell may have 32,767 characters"),
        ('[{"a": {" ": 1}}]', "Row 1 has a value without a name."),
        ('[{"a": [1, "x\ny"]}]', "Row 1 is not valid JSON from here on: “y"),
        ('[{"a": %s}]' % ("[" * 100_000), "Row 1 is nested too deeply."),
        ("[]", "The file is empty."),
        ("[{}]", "The file is empty."),
    ],
)
def test_broken_json_is_refused_with_a_reason(data: str, sentence: str) -> None:
    with pytest.raises(tables.BadFile) as refusal:
        rows(data.encode())
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize("number", ["9" * 5000, "1e999", "1.50", "-0", "1E5", "0.10e+2"])
def test_json_number_is_read_as_it_is_written(number: str) -> None:
    assert rows(b'[{"a": %s}]' % number.encode())[1] == [cells.quoted(number)]


def test_deep_json_is_read_or_refused() -> None:
    for depth in range(100, 1200, 100):
        with contextlib.suppress(tables.BadFile):
            rows(b'[{"a":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}]")


def test_json_with_too_many_columns_is_refused_at_that_row() -> None:
    lines = "".join(json.dumps({f"n{n}": 1}) + "\n" for n in range(257))
    with pytest.raises(tables.BadFile, match="Up to row 257 there are more than 256"):
        rows(lines.encode())
