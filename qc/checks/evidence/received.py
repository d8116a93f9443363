"""A file as somebody sent it, and as it is going to be stored."""

import hashlib
import io
import os
from typing import BinaryIO, NamedTuple, cast

from django.conf import settings
from django.core.files import File
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from qc.checks.evidence import kinds, pictures
from qc.checks.evidence.kinds import Kind
from qc.core.exceptions import InvalidInput
from qc.models import Evidence

LONGEST_NAME = Evidence._meta.get_field("name").max_length or 0
NAMELESS = "file"


class Prepared(NamedTuple):
    """A file as it is stored, and what its row says of it; a picture has a thumbnail."""

    content: BinaryIO
    name: str
    content_type: str
    size: int
    digest: str
    thumbnail: bytes = b""

    @property
    def digests(self) -> dict[str, str]:
        """The digests that the event of its arrival has, and so are sealed."""
        digests = {"sha256": self.digest}
        if self.thumbnail:
            digests["thumbnail_sha256"] = hashlib.sha256(self.thumbnail).hexdigest()
        return digests


def opened(file: File) -> BinaryIO:
    """Return the content of a file that was sent, which can be read from its beginning.

    Raises InvalidInput for a bad name and one that is too large: `check` comes before all else.
    """
    check_name(file.name or "")
    if file.size > settings.QC_EVIDENCE_MB * 1024 * 1024:
        raise InvalidInput("file", too_large())
    file.seek(0)
    return cast("BinaryIO", file.file)


def too_large() -> str:
    """Return the sentence about a file that is too large."""
    most = filesizeformat(settings.QC_EVIDENCE_MB * 1024 * 1024)
    return _("The file is too large: at most %s are allowed.") % most


def check_name(name: str) -> None:
    """Raise InvalidInput for a name that is a path, too long or not printable."""
    if len(name) > LONGEST_NAME:
        message = _("The name of the file is too long: at most %d characters are allowed.")
        raise InvalidInput("file", message % LONGEST_NAME)
    if not name.isprintable() or set(name) & set("/\\"):
        raise InvalidInput("file", _("The name of the file has characters that are not allowed."))


def prepare(file: BinaryIO, name: str) -> Prepared:
    """Return a file as it is stored. Raise InvalidInput for one that is not allowed."""
    kind = kinds.of(file)
    if not kind.is_picture:
        return _prepared(file, name, kind)
    picture = pictures.encode(file, kind)
    return _prepared(picture.file, name, picture.kind)._replace(thumbnail=picture.thumbnail)


def _prepared(file: BinaryIO, name: str, kind: Kind) -> Prepared:
    file.seek(0)
    digest = hashlib.file_digest(cast("io.BufferedIOBase", file), "sha256").hexdigest()
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return Prepared(file, _named(name, kind), kind.content_type, size, digest)


def _named(name: str, kind: Kind) -> str:
    """Return a name whose ending tells what the file is."""
    stem, ending = os.path.splitext(name)
    if ending.lower() in kind.endings:
        return name
    return f"{stem or NAMELESS}"[: LONGEST_NAME - len(kind.endings[0])] + kind.endings[0]
