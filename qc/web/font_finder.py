"""Gives Django's static files the fonts that `qc.web.fonts` makes."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

from qc.web import fonts


class FontFinder(BaseFinder):
    """Finds our fonts where they were made, and makes them first where anything has changed."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Return what is wrong with its settings: it has none."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return where the file is; an empty list if it is none of these."""
        if path not in fonts.WHOLE:
            return []
        file = str(made() / path)
        return [file] if find_all else file

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield all of them, each with the storage that it is in."""
        storage = FileSystemStorage(location=made())
        for path in fonts.WHOLE:
            yield path, storage


@cache
def made() -> Path:
    """Return the folder of the fonts; those are made anew that were made of something else."""
    folder = settings.VAR_DIR / "fonts"
    (folder / fonts.FOLDER).mkdir(parents=True, exist_ok=True)
    named = fonts.words()
    for name in fonts.WHOLE:
        stamp, now = folder / f"{Path(name).name}.made-of", _version(name, named)
        if not (stamp.exists() and stamp.read_text() == now):
            _write(folder / name, fonts.smaller(name, named))
            _write(stamp, now.encode())
    return folder


def _version(name: str, named: frozenset[str]) -> str:
    """Return what differs once this font could come out otherwise."""
    size = (fonts.UNFOLD / "static" / fonts.WHOLE[name]).stat().st_size
    made_by = Path(fonts.__file__).read_text()
    made_of = sorted(named) if name == fonts.ICONS else fonts.STYLES.read_text()
    return hashlib.sha256(repr((size, made_by, made_of)).encode()).hexdigest()


def _write(file: Path, content: bytes) -> None:
    """Write the file at once: another process may be reading it, or writing the same."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(file)
