"""Files that people send, good and bad."""

import io
import struct
import zlib
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from qc.checks import evidence
from qc.checks.evidence import storage
from qc.models import Evidence, Task, User

ORIENTATION, MAKE = 0x0112, 0x010F
TURN_LEFT = 6


def picture(
    format: str = "JPEG", size: tuple[int, int] = (60, 40), colour: Any = "teal", **options: Any
) -> bytes:
    """Return a picture of one colour."""
    written = io.BytesIO()
    mode = options.pop("mode", "RGB")
    Image.new(mode, size, colour).save(written, format, **options)
    return written.getvalue()


def photo_of_a_phone() -> bytes:
    """Return a photo that lies on its side, and says who made it, and where."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = TURN_LEFT, "Phones Inc"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(exif=exif, comment=b"from my phone")


def vast_png(width: int, height: int) -> bytes:
    """Return a small file that says it is a vast picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def sent(content: bytes, name: str = "front.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def add(
    task: Task, by: User, content: bytes | None = None, name: str = "front.jpg", **place: str
) -> Evidence:
    """Add a file to a task, a photo unless given."""
    return evidence.add(
        task.pk, sent(picture() if content is None else content, name), by=by, **place
    )


def image_of(row: Evidence, thumbnail: bool = False) -> Image.Image:
    return Image.open(io.BytesIO(stored(row.thumbnail if thumbnail else row.file)))


def stored(name: str) -> bytes:
    with storage.files().open(name) as file:
        return bytes(file.read())


def all_stored() -> list[str]:
    """Return the names of all files in the storage."""

    def below(folder: str) -> list[str]:
        folders, names = storage.files().listdir(folder)
        here = [f"{folder}/{name}".lstrip("/") for name in names]
        return here + [one for inner in folders for one in below(f"{folder}/{inner}".lstrip("/"))]

    return below("")
