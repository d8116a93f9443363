"""Verifies that the pictures of plan items are those whose digests are in the sealed events.

A version of a plan names its pictures by their digests, which `seals.plan_versions` verifies; here
each stored file is read and compared.
"""

from collections.abc import Iterator
from typing import Any

from qc.audit.seals.violations import NO_SEAL, Violation
from qc.checks.evidence import storage
from qc.models import AuditEvent, EventKind, ItemPicture


class PictureVerification:
    """Compares pictures with the events of their arrival; of one part of all, reads the files."""

    def __init__(self, part: int | None = None, parts: int = 1) -> None:
        self.part, self.parts = part, parts
        self.files = 0

    def find_violations(self) -> Iterator[Violation]:
        """Yield each picture that was changed, is gone, or came by no event."""
        # An event comes with its row: one that is read after the rows may be newer than these.
        rows = ItemPicture.objects.in_bulk()
        events = _events()
        for digest in sorted(rows.keys() | events.keys()):
            if what := self._of_picture(rows.get(digest), events.get(digest), digest):
                yield Violation(what, NO_SEAL, name=digest)

    def _of_picture(
        self, row: ItemPicture | None, event: dict[str, Any] | None, digest: str
    ) -> str:
        if row is None:
            is_there = ItemPicture.objects.filter(pk=digest).exists()
            return "" if is_there else "picture row deleted"
        if event is None:
            return "picture row inserted"
        if self.part is not None and int(digest, 16) % self.parts != self.part:
            return ""
        self.files += 1
        return _compared(row, event["thumbnail_sha256"])


def _events() -> dict[str, dict[str, Any]]:
    """Return the details of the events, which are never archived, by the picture's digest."""
    events = AuditEvent.objects.filter(kind=EventKind.PICTURE_ADDED)
    return {one["sha256"]: one for one in events.values_list("details", flat=True)}


def _compared(row: ItemPicture, thumbnail: str) -> str:
    stored = {row.file: row.digest, row.thumbnail: thumbnail}
    found = {name: storage.digest_of(name) for name in stored}
    if not all(found.values()):
        return "picture missing"
    return "" if found == stored else "picture changed"
