"""Archive files: written so that no crash leaves half of one, and verified by the seals.

A file has a line for each seal, as `export_seals` writes it: docs/verify_audit.py verifies it too.
"""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db.models import Q

from qc.audit.seals import seal_export
from qc.audit.seals.verification import late_spans
from qc.audit.seals.violations import Violation
from qc.core.canonical_json import canonical, within
from qc.core.commitments import commitment
from qc.models import Archive, Seal

# What a line says of its seal.
PROOF = ("seal", "digests")


def write(path: Path, seals: Iterable[Seal]) -> str:
    """Write seals with their rows; the file is there whole or not at all. Return its SHA-256."""
    part = path.with_name(f"{path.name}.part")
    late = late_spans()
    part.touch(mode=0o600)
    with part.open("wb") as file:
        for seal in seals:
            # Those between belong to other tables: this one stands by itself.
            told = seal_export.with_rows(seal, late) | {"alone": True}
            file.write(canonical(told).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _keep_name(path.parent)
    return sha256(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_violations(path: Path, archive: Archive) -> Iterator[Violation]:
    """Return what a file says otherwise than its archive's record and the seals, rows by name."""
    if sha256(path) != archive.sha256:
        yield Violation("archive changed", archive.number)
    missing = set(within(archive.ids))
    for told in _lines(path):
        seal = Seal.objects.filter(number=told["seal"]["number"]).first()
        if seal is None or seal_export.alone(seal) != {name: told[name] for name in PROOF}:
            yield Violation("seal changed", told["seal"]["number"])
            continue
        rows = {pk: (content, opened) for pk, content, opened in told["rows"]}
        yield from _of_rows(seal, rows, missing)
        missing -= seal.digest_of().keys()
    if missing:
        yield Violation("archive cut off", archive.number)


def verify(path: Path) -> Iterator[Violation]:
    """Return what is wrong with an archive file, whatever it is called by now."""
    found = Archive.objects.filter(Q(sha256=sha256(path)) | Q(file=path.name)).first()
    if found is None:
        yield Violation("archive unknown", 0)
    else:
        yield from find_violations(path, found)


def _of_rows(
    seal: Seal, rows: Mapping[int, tuple[Any, Any]], wanted: Collection[int]
) -> Iterator[Violation]:
    sealed = seal.digest_of()
    for pk in sorted(sealed.keys() & wanted | rows.keys()):
        what = ""
        if pk not in rows:
            what = "deleted"
        elif pk not in sealed:
            what = "inserted"
        elif not _fits(*rows[pk], sealed[pk]):
            what = "changed"
        if what:
            yield Violation(what, seal.number, seal.table, pk)


def _fits(content: Any, opened: Mapping[str, Any], digest: bytes) -> bool:
    opens = all(commitment(said) == content.get(name) for name, said in opened.items())
    return opens and hashlib.sha256(canonical(content).encode()).digest() == digest


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Return the seals of a file; a line that is none is left to who compares the whole file."""
    with path.open("rb") as file:
        for text in file:
            with suppress(ValueError):
                yield json.loads(text)


def _keep_name(folder: Path) -> None:
    """Let the folder itself reach the disk: a file without a name is lost."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
