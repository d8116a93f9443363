"""Archive files: written so that no crash leaves half of one, and verified by the seals.

A file has a line for each seal, as `export_seals` writes it: verify_audit.py verifies it too.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db.models import Q

from qc.audit.seals import proofs
from qc.audit.seals.external_copies import parsed_lines
from qc.audit.seals.verification import SealedRows
from qc.audit.seals.violations import Violation
from qc.core.canonical_json import canonical
from qc.core.commitments import commitment
from qc.core.id_spans import ids_of
from qc.models import Archive, Seal


def write(path: Path, seals: Iterable[Seal]) -> str:
    """Write seals with their rows: the whole file or none. Return its SHA-256."""
    part = path.with_name(f"{path.name}.part")
    sealed_rows = SealedRows()
    part.touch(mode=0o600)
    with part.open("wb") as file:
        for seal in seals:
            # The seals between belong to other tables: each in the file is verified by itself.
            line = proofs.with_rows(seal, sealed_rows) | {"alone": True}
            file.write(canonical(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync_folder(path.parent)
    return sha256(path)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_violations(path: Path, archive: Archive) -> Iterator[Violation]:
    """Yield each difference between a file and the record of its archive, or the seals."""
    if sha256(path) != archive.sha256:
        yield Violation("archive changed", archive.number)
    missing = set(ids_of(archive.ids))
    with path.open("rb") as file:
        for line in parsed_lines(file):
            number = line["seal"]["number"]
            seal = Seal.objects.filter(number=number).first()
            proof = {"seal": line["seal"], "digests": line["digests"]}
            if seal is None or proofs.with_digests(seal) != proof:
                yield Violation("seal changed", number)
                continue
            rows = {pk: (content, openings) for pk, content, openings in line["rows"]}
            yield from _of_rows(seal, rows, missing)
            missing -= seal.digests_by_id().keys()
    if missing:
        yield Violation("archive cut off", archive.number)


def verify(path: Path) -> Iterator[Violation]:
    """Yield what is wrong with an archive file, even if it was renamed."""
    archive = Archive.objects.filter(Q(sha256=sha256(path)) | Q(file=path.name)).first()
    if archive is None:
        yield Violation("archive unknown", 0)
    else:
        yield from find_violations(path, archive)


def _of_rows(
    seal: Seal, rows: Mapping[int, tuple[Any, Any]], wanted: Collection[int]
) -> Iterator[Violation]:
    sealed = seal.digests_by_id()
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


def _fits(content: Any, openings: Mapping[str, Any], digest: bytes) -> bool:
    opens = all(commitment(one) == content.get(name) for name, one in openings.items())
    return opens and hashlib.sha256(canonical(content).encode()).digest() == digest


def _sync_folder(folder: Path) -> None:
    """Write the folder itself to the disk: until then a crash can lose a new file's name."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
