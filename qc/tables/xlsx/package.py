"""Opens the ZIP file that a workbook is, and guards against malicious ones."""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext as _

from qc.core.localization import number
from qc.tables.formats import MOST_IN_CELL, BadFile

# Far more than any workbook has; `zipfile` reads the list of all parts at once.
MOST_IN_LIST = 1024 * 1024
# XML of a table shrinks by 10 to 30 times when packed, a bomb by 1000 times.
MOST_UNPACKED = 100
SMALL = 10 * 1024 * 1024
CHUNK = 64 * 1024
# The most bytes without an element: more than any cell may have.
MOST_AT_ONCE = 512 * 1024
TAIL = 66_000
# The lengths of the end in 64 bits, and of what says where that is.
END_64, LOCATOR = 56, 20

# An element's name; where it begins its attributes, where it ends its text.
Event = tuple[str, dict[str, str] | None, str]


def opened(file: BinaryIO) -> zipfile.ZipFile:
    """Open a workbook. Raises BadFile if the file is none, or could fill the memory.

    The size that each part claims is a limit: `zipfile` unpacks no more than that.
    """
    _check_list(file)
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise damaged() from error
    _check_kind(set(package.namelist()))
    parts = package.infolist()
    size = file.seek(0, 2)
    if sum(part.file_size for part in parts) > MOST_UNPACKED * size + SMALL:
        raise BadFile(_("This workbook is too large when uncompressed."))
    usual = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if any(part.compress_type not in usual or part.flag_bits & 1 for part in parts):
        raise _unusual()
    return package


def events(package: zipfile.ZipFile, name: str) -> Iterator[Event]:
    """Yield the events of an XML part, without prefixes; none for a missing part.

    Raises BadFile for contents that no workbook has, ExpatError for broken XML.
    """
    if name not in package.NameToInfo:
        return
    quiet = 0
    with package.open(name) as part:
        reader = _Reader()
        for chunk in iter(lambda: part.read(CHUNK), b""):
            reader.parser.Parse(chunk)
            quiet = 0 if reader.events else quiet + len(chunk)
            if quiet > MOST_AT_ONCE:
                raise far_too_long()
            yield from reader.events
            reader.events.clear()
        reader.parser.Parse(b"", True)
        yield from reader.events


def damaged() -> BadFile:
    """Return the refusal of a workbook that is damaged."""
    return BadFile(_("This workbook is damaged. Please save it again."))


def far_too_long() -> BadFile:
    """Return the refusal of a workbook with a cell that is too long, in an unknown row."""
    return BadFile(_("This workbook has a cell of more than %s characters.") % number(MOST_IN_CELL))


def beside(name: str, target: str) -> str:
    """Return the name of a part that another one refers to."""
    return target[1:] if target.startswith("/") else str(PurePosixPath(name).parent / target)


class _Reader:
    """Collects the events of what is parsed. It refuses document types, hence entities."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.text: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self.text.append
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.text.clear()
        self.events.append((name.rpartition(":")[2], attributes, ""))

    def _end(self, name: str) -> None:
        self.events.append((name.rpartition(":")[2], None, "".join(self.text)))
        self.text.clear()

    def _refuse(self, *_type: object) -> None:
        raise BadFile(
            _("This workbook has contents that Excel does not write. Please save it again.")
        )


def _check_list(file: BinaryIO) -> None:
    # The end of a ZIP says how long its list of parts is.
    size = file.seek(0, 2)
    file.seek(max(size - TAIL, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise BadFile(_("This workbook is incomplete. Please save or upload it again."))
    (length,) = struct.unpack_from("<L", tail, at + 12)
    if tail[max(at - LOCATOR, 0) :].startswith(b"PK\x06\x07"):
        length = _length_in_64_bits(tail, at - LOCATOR, size - len(tail))
    if length > MOST_IN_LIST:
        raise _unusual()


def _length_in_64_bits(tail: bytes, locator: int, before: int) -> int:
    """Return the length of the list by the longer end, which Java programs write for any file.

    `zipfile` looks for it right before its locator, so it has to be there.
    """
    at = locator - END_64
    (place,) = struct.unpack_from("<Q", tail, locator + 8)
    if at < 0 or not tail.startswith(b"PK\x06\x06", at) or place != before + at:
        raise _unusual()
    (length,) = struct.unpack_from("<Q", tail, at + 40)
    return int(length)


def _unusual() -> BadFile:
    return BadFile(_("This workbook is compressed in an unusual way. Please save it again."))


def _check_kind(names: set[str]) -> None:
    if "[Content_Types].xml" in names and "xl/workbook.bin" in names:
        raise BadFile(_("This is a binary workbook (.xlsb). Please save it as XLSX or CSV."))
    if "content.xml" in names and "mimetype" in names:
        raise BadFile(_("This is an OpenDocument file (.ods). Please save it as XLSX or CSV."))
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise BadFile(_("This is not an Excel workbook. Please save the table as XLSX or CSV."))
    raise BadFile(_("This is a compressed file, not a workbook. Please extract it first."))
