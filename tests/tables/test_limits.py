"""Large files and evil ones: little of any is in memory, and nobody's bomb goes off."""

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from qc import tables
from qc.tables import Format
from qc.tables.xlsx import sheet

XLSX = Format("xlsx")
RELATIONS = (
    '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/>'
    '<Relationship Id="r2" Type="x/sharedStrings" Target="texts.xml"/></Relationships>'
)
BOOK = '<workbook><sheets><sheet name="a" r:id="r1"/></sheets></workbook>'
PARTS = {
    "[Content_Types].xml": b"<Types/>",
    "xl/workbook.xml": BOOK.encode(),
    "xl/_rels/workbook.xml.rels": RELATIONS.encode(),
}
AROUND = b"<worksheet><sheetData>", b"</sheetData></worksheet>"


def read(file: IO[bytes]) -> list[list[str]]:
    return [row.cells for row in tables.read(file, tables.detect(file))]


def workbook(path: Path, **parts: Callable[[IO[bytes]], None]) -> Path:
    """Make a workbook, parts of it by functions that write them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in PARTS.items():
            packed.writestr(name, data)
        for part, write in parts.items():
            with packed.open(f"xl/{part}.xml", "w") as file:
                write(file)
    return path


def a_sheet(rows: int) -> Callable[[IO[bytes]], None]:
    def write(file: IO[bytes]) -> None:
        file.write(AROUND[0])
        for n in range(rows):
            cells = f'<c t="s"><v>{n}</v></c><c><v>{n}</v></c>'
            file.write(f"<row>{cells}</row>".encode())
        file.write(AROUND[1])

    return write


def some_texts(count: int) -> Callable[[IO[bytes]], None]:
    def write(file: IO[bytes]) -> None:
        file.write(b"<sst>")
        for n in range(count):
            file.write(f"<si><t>Reference {n}</t></si>".encode())
        file.write(b"</sst>")

    return write


def peak(path: Path) -> tuple[int, int]:
    """Return how many rows a file has, and how much memory it took to read them all."""
    with path.open("rb") as file:
        tracemalloc.start()
        try:
            rows = sum(1 for _row in tables.read(file, tables.detect(file)))
            return rows, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_csv_with_many_rows_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.writelines(f"A-{n},Check it,Invoices\n" for n in range(300_000))
    rows, memory = peak(path)
    assert (rows, memory < 8_000_000) == (300_000, True)


@pytest.mark.parametrize(("before", "between"), [("[", ",\n"), ("", "\n")])
def test_json_with_many_rows_needs_little_memory(tmp_path: Path, before: str, between: str) -> None:
    path = tmp_path / "many.json"
    with path.open("w") as file:
        file.write(before)
        file.writelines(f'{{"n": {n}, "text": "{"x" * 500}"}}{between}' for n in range(20_000))
        file.write('{"n": 0}' + ("]" if before else ""))
    rows, memory = peak(path)
    assert (rows, memory < 8_000_000) == (20_002, True)


def test_first_rows_of_a_workbook_unpack_only_their_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "AHEAD", 100)
    unpacked, shared = iter(range(10_000)), sheet._shared

    def counted(packed: zipfile.ZipFile, part: str) -> Iterator[str]:
        return (text for text, _n in zip(shared(packed, part), unpacked, strict=False))

    monkeypatch.setattr(sheet, "_shared", counted)
    path = workbook(tmp_path / "large.xlsx", sheet=a_sheet(5000), texts=some_texts(5000))
    with path.open("rb") as file:
        rows = tables.read(file, XLSX)
        assert [next(rows).cells[0] for _ in range(150)][-1] == "Reference 149"
        assert next(unpacked) <= 500
        assert sum(1 for _ in rows) == 4850


def test_workbook_with_many_rows_needs_little_memory(tmp_path: Path) -> None:
    small = workbook(tmp_path / "a.xlsx", sheet=a_sheet(10_000), texts=some_texts(10_000))
    large = workbook(tmp_path / "b.xlsx", sheet=a_sheet(40_000), texts=some_texts(40_000))
    (_rows, before), (rows, memory) = peak(small), peak(large)
    # Where each text ends on the disk is all that is kept.
    assert (rows, memory - before < 1_000_000) == (40_000, True)


def test_cell_of_10_mb_is_refused_in_little_memory(tmp_path: Path) -> None:
    csv, xlsx, shared = tmp_path / "a.csv", tmp_path / "b.xlsx", tmp_path / "c.xlsx"
    json, lines = tmp_path / "d.json", tmp_path / "e.jsonl"
    json.write_bytes(b'[{"a": 1}, {"a": 2}, {"a": "' + b"x" * 10_000_000 + b'"}]')
    lines.write_bytes(b'{"n": 1, "results": [' + b'{"a": "%s"}, ' % (b"x" * 999) * 10_000 + b"{}]}")
    csv.write_bytes(b"a,b\n1,2\n3," + b"x" * 10_000_000 + b"\n")
    cell = b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % (b"x" * 10_000_000)
    workbook(xlsx, sheet=lambda file: file.write(AROUND[0] + cell + AROUND[1]) and None)
    text = b"<sst><si><t>%s</t></si></sst>" % (b"x" * 10_000_000)
    workbook(shared, sheet=a_sheet(1), texts=lambda file: file.write(text) and None)
    for path, sentence in (
        (csv, "Row 3 is too long: a cell may have 32,767 characters, a row 1,000,000."),
        (json, "Row 3 is too long: a cell may have 32,767 characters, a row 1,000,000."),
        (
            lines,
            "The first row has more than 1,000,000 characters. If it contains a list with the "
            "rows, please save only that list.",
        ),
        (xlsx, "This workbook has a cell of more than 32,767 characters."),
        (shared, "This workbook has a cell of more than 32,767 characters."),
    ):
        tracemalloc.start()
        with path.open("rb") as file, pytest.raises(tables.BadFile) as refusal:
            read(file)
        assert str(refusal.value) == sentence
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
        tracemalloc.stop()


@pytest.mark.parametrize("length", [32_767, 32_768])
@pytest.mark.parametrize("format", [XLSX, Format("csv", "utf-8", ",")], ids=str)
def test_cell_of_32767_characters_is_the_longest_allowed(format: Format, length: int) -> None:
    file = io.BytesIO()
    if format == XLSX:
        cell = f'<c t="str"><v>{"x" * length}</v></c>'.encode()
        rows = AROUND[0] + b"<row>%s</row>" % cell * 2 + AROUND[1]
        with zipfile.ZipFile(file, "w") as packed:
            for name, data in (PARTS | {"xl/sheet.xml": rows}).items():
                packed.writestr(name, data)
    else:
        tables.write(file, format, [["x" * length]] * 2)
    if length == 32_767:
        assert read(file) == [["x" * length]] * 2
    else:
        with pytest.raises(tables.BadFile, match="is too long"):
            read(file)


def bomb(path: Path) -> Path:
    def write(file: IO[bytes]) -> None:
        file.write(AROUND[0])
        for _ in range(20):
            file.write(b"<row/>" * 200_000)
        file.write(AROUND[1])

    return workbook(path, sheet=write)


def test_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.xlsx")
    with path.open("rb") as file, pytest.raises(tables.BadFile, match="when uncompressed"):
        read(file)


def test_zip_bomb_with_a_false_size_is_not_unpacked(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.xlsx")
    size = zipfile.ZipFile(path).getinfo("xl/sheet.xml").file_size
    data = path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 10_000))
    path.write_bytes(data)
    with path.open("rb") as file, pytest.raises(tables.BadFile, match="damaged"):
        read(file)
    assert peak_of_refusal(path) < 2_000_000


def peak_of_refusal(path: Path) -> int:
    tracemalloc.start()
    try:
        with path.open("rb") as file, pytest.raises(tables.BadFile):
            read(file)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_workbook_of_countless_parts_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        for number in range(20_000):
            packed.writestr(zipfile.ZipInfo(f"xl/{number}"), b"")
    assert peak_of_refusal(path) < 1_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_compression_is_refused(tmp_path: Path, method: int) -> None:
    path = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, data in PARTS.items():
            packed.writestr(name, data)
    with path.open("rb") as file, pytest.raises(tables.BadFile, match="in an unusual way"):
        read(file)
