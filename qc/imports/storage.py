"""What is stored of an import beside its record, in pieces: its file, and the refused rows."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from django.db.models import Exists, Max, OuterRef

from qc import tables
from qc.imports.columns import ERROR
from qc.models import Import, ImportChunk
from qc.models.imports import RUNNING
from qc.tables.cells import Fault, escaped
from qc.tables.encodings import WESTERN
from qc.tables.formats import UNICODE

CHUNK = 512 * 1024
IN_MEMORY = 2 * 1024 * 1024
# The encodings that a file shows by itself; workbooks have none.
PROVEN = ("", WESTERN, *UNICODE)
FILE, REFUSED = ImportChunk.Part.FILE, ImportChunk.Part.REFUSED


@dataclass(frozen=True)
class RefusedRow:
    """A refused row as it is in the file, and its faults."""

    number: int
    cells: list[str]
    faults: list[Fault]


def checksum(file: BinaryIO) -> tuple[str, int]:
    """Return a file's SHA-256 and its size."""
    file.seek(0)
    sha256 = hashlib.file_digest(cast("io.BufferedIOBase", file), "sha256")
    return sha256.hexdigest(), file.seek(0, io.SEEK_END)


def keep(record: Import, file: BinaryIO) -> None:
    """Store an uploaded file."""
    file.seek(0)
    _append(record, FILE, file)


def pieces(record: Import, part: str = FILE) -> Iterator[bytes]:
    """Yield the pieces of the file, or of the list of refused rows."""
    chunks = ImportChunk.objects.filter(of=record, part=part).order_by("number")
    if part == FILE and not chunks.exists():
        chunks = ImportChunk.objects.filter(of=_same_file(record), part=part).order_by("number")
    # One by one: some drivers read all that a query finds into memory.
    for pk in list(chunks.values_list("pk", flat=True)):
        yield bytes(ImportChunk.objects.values_list("data", flat=True).get(pk=pk))


@contextmanager
def opened(record: Import) -> Iterator[BinaryIO]:
    """Open the file of an import; a large one is copied to the disk."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        for piece in pieces(record):
            file.write(piece)
        file.seek(0)
        yield cast("BinaryIO", file)


def delete_doubled() -> None:
    """Delete the files of confirmed imports where a later one has the same file."""
    confirmed = Import.objects.filter(confirmed_at__isnull=False).filter(_has_file())
    later = confirmed.filter(
        pk__gt=OuterRef("pk"), sha256=OuterRef("sha256"), size=OuterRef("size")
    )
    doubled = confirmed.exclude(state__in=RUNNING).filter(Exists(later))
    ids = list(doubled.values_list("pk", flat=True))
    ImportChunk.objects.filter(of__in=ids, part=FILE).delete()


def delete(record: Import) -> None:
    """Delete all that is stored of a file, its refused rows too."""
    ImportChunk.objects.filter(of=record).delete()


def _same_file(record: Import) -> Import | None:
    """Return the import that has the file, as `delete_doubled` left it."""
    same = Import.objects.filter(sha256=record.sha256, size=record.size).filter(_has_file())
    return same.order_by("-pk").first()


def _has_file() -> Exists:
    return Exists(ImportChunk.objects.filter(of=OuterRef("pk"), part=FILE))


def delete_refused(record: Import) -> None:
    """Delete the stored refused rows."""
    ImportChunk.objects.filter(of=record, part=REFUSED).delete()


def keep_refused(record: Import, rows: Sequence[RefusedRow]) -> None:
    """Store more refused rows."""
    if not rows:
        return
    lines = b"".join(_line(row) for row in rows)
    kept = ImportChunk.objects.filter(of=record, part=REFUSED)
    last = kept.aggregate(last=Max("number"))["last"]
    _append(record, REFUSED, io.BytesIO(lines), 0 if last is None else last + 1)


def refused(record: Import) -> Iterator[RefusedRow]:
    """Yield the refused rows, in the order of the file."""
    for line in _lines(pieces(record, REFUSED)):
        number, cells, faults = json.loads(line)
        yield RefusedRow(number, cells, [Fault(**fault) for fault in faults])


def faults(record: Import, most: int) -> list[Fault]:
    """Return the first faults of the refused rows, at most `most`."""
    return list(islice((fault for row in refused(record) for fault in row.faults), most))


def write_refused(record: Import, file: BinaryIO) -> None:
    """Write the refused rows in the format of the file, with a last column of errors.

    A file in a code page that nothing proves becomes UTF-8, so that nobody is asked again.
    """
    format = record.format
    if format.encoding not in PROVEN:
        format = replace(format, encoding="utf-8")
    tables.write(file, format, _with_errors(record))


def _with_errors(record: Import) -> Iterator[list[str]]:
    # A file of refused rows that is imported again already has our column of errors: replace it.
    is_ours = [heading.strip().casefold() for heading in record.header[-1:]] == [ERROR]
    width = len(record.header) - is_ours
    yield [*record.header[:width], ERROR]
    for row in refused(record):
        cells = row.cells + [""] * (width - len(row.cells))
        yield [*cells[:width], _error(row.faults), *cells[width + is_ours :]]


def _error(faults: Iterable[Fault]) -> str:
    return escaped(" ".join(f"{fault.column}: {fault.message}".lstrip(": ") for fault in faults))


def _append(record: Import, part: str, file: BinaryIO, first: int = 0) -> None:
    chunks = iter(lambda: file.read(CHUNK), b"")
    for number, data in enumerate(chunks, start=first):
        ImportChunk.objects.create(of=record, part=part, number=number, data=data)


def _line(row: RefusedRow) -> bytes:
    return json.dumps([row.number, row.cells, [asdict(one) for one in row.faults]]).encode() + b"\n"


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
