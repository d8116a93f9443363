"""What a file is: by its content, never by its name or by what its sender says."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidInput

CHUNK = 64 * 1024
# The most bytes that a signature needs.
HEAD = 16


class Kind(NamedTuple):
    """A kind of file: its media type, the endings that its name may have, whether it is a picture.

    Pictures are encoded anew; other files are stored as they were sent.
    """

    content_type: str
    endings: tuple[str, ...]
    is_picture: bool = False


JPEG = Kind("image/jpeg", (".jpg", ".jpeg"), is_picture=True)
PNG = Kind("image/png", (".png",), is_picture=True)
GIF = Kind("image/gif", (".gif",), is_picture=True)
WEBP = Kind("image/webp", (".webp",), is_picture=True)
HEIC = Kind("image/heic", (".heic",), is_picture=True)
PDF = Kind("application/pdf", (".pdf",))
TEXT = Kind("text/plain", (".txt", ".csv", ".tsv", ".log"))

_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
_SIGNATURES: list[tuple[Callable[[bytes], bool], Kind]] = [
    (lambda head: head.startswith(b"\xff\xd8\xff"), JPEG),
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), PNG),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), GIF),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", WEBP),
    (lambda head: head[4:12] in {b"ftyp" + one for one in _HEIC_BRANDS}, HEIC),
    (lambda head: head.startswith(b"%PDF-"), PDF),
]
_ZIP = b"PK\x03\x04"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A text has no other control characters than these.
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r\f")) + b"\x7f"


def of(file: BinaryIO) -> Kind:
    """Return the kind of a file. Raise InvalidInput for an empty one, and one not allowed."""
    file.seek(0)
    head = file.read(HEAD)
    for matches, kind in _SIGNATURES:
        if matches(head):
            return kind
    _check_text(file, head)
    return TEXT


def _check_text(file: BinaryIO, head: bytes) -> None:
    if not head:
        raise InvalidInput("file", _("This file is empty."))
    if head.startswith(_ZIP):
        raise _refused(_("This is a packed file, such as ZIP, Word or Excel."))
    if head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(b"<"):
        raise _refused(_("This is a web page or a drawing (HTML, SVG, XML)."))
    file.seek(0)
    for chunk in iter(lambda: file.read(CHUNK), b""):
        if len(chunk.translate(None, _CONTROLS)) < len(chunk):
            raise _refused(_("This is no picture, PDF or text."))


def _refused(why: str) -> InvalidInput:
    allowed = _("Allowed are pictures (JPEG, PNG, WebP, GIF), PDF, and plain text such as CSV.")
    return InvalidInput("file", f"{why} {allowed}")
