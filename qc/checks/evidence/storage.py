"""Where files are: the storage "evidence" of the settings, under random names.

The names begin with the day, so that the job that looks for what nobody knows need not look at all.
"""

import hashlib
import io
import logging
from collections.abc import Iterator
from datetime import date
from secrets import token_hex
from typing import BinaryIO, NamedTuple, cast

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils import timezone

from qc.checks.evidence.received import Prepared
from qc.models import Evidence

logger = logging.getLogger(__name__)


class Names(NamedTuple):
    """The names of a stored file and of its thumbnail, "" without one."""

    file: str
    thumbnail: str = ""


def files() -> Storage:
    """Return the storage."""
    return storages["evidence"]


def write(prepared: Prepared) -> Names:
    """Store a file and its thumbnail; nobody knows of them yet."""
    name = f"{day(timezone.now().date())}/{token_hex(16)}"
    stored = Names(_save(name, prepared.content))
    if not prepared.thumbnail:
        return stored
    return stored._replace(thumbnail=_save(f"{name}-small", io.BytesIO(prepared.thumbnail)))


def day(date: date) -> str:
    """Return the folder of the files of a day."""
    return f"{date:%Y/%m/%d}"


def names_of_day(date: date) -> Iterator[str]:
    """Yield the names of the files that were stored on a day."""
    folder = day(date)
    try:
        _folders, found = files().listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in found)


def digest_of(name: str) -> str:
    """Return the SHA-256 of a stored file, "" where it is not there."""
    try:
        with files().open(name) as file:
            content = cast("io.BufferedIOBase", file)
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def delete(names: Names) -> None:
    """Delete a file and its thumbnail, if they are there."""
    for name in filter(None, names):
        files().delete(name)


def discard(row: Evidence) -> None:
    """Delete the file of a removed row; what fails now is done by the hourly job."""
    try:
        delete(Names(row.file, row.thumbnail))
    except Exception:
        logger.exception("the file %s could not be deleted", row.file)
        return
    Evidence.objects.filter(pk=row.pk).update(file="", thumbnail="")


def _save(name: str, content: BinaryIO) -> str:
    return files().save(name, File(content))
