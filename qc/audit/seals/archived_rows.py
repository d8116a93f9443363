"""Which rows of history are in archive files: records that their events bear out, and no others."""

from collections.abc import Collection, Iterator
from datetime import datetime

from qc.audit.seals.violations import Violation
from qc.core.canonical_json import Spans, within
from qc.models import Archive, AuditEvent, EventKind, Seal


def left_out(seal: Seal, missing: Collection[int]) -> set[int]:
    """Return which of a seal's missing rows are in archives. Read it after the rows."""
    if not missing:
        return set()
    told = _told()
    records = Archive.objects.filter(
        table=seal.table, first_seal__lte=seal.number, last_seal__gte=seal.number
    )
    found: set[int] = set()
    for archive in records:
        if told.get(archive.number) == archive.hash:
            found |= _among(archive.ids, missing)
    return found


def untrue() -> Iterator[Violation]:
    """Return each archive that no event tells of, or not so; and each that is told of, and gone."""
    records = {one.number: one.hash for one in Archive.objects.order_by("number")}
    told = _told()
    for number in sorted(records.keys() | told.keys()):
        if number not in records:
            yield Violation("archive deleted", number)
        elif records[number] != told.get(number):
            yield Violation("archive forged", number)


def between(first: int, last: int) -> list[Archive]:
    """Return the archives that have rows of some seals."""
    records = Archive.objects.filter(first_seal__lte=last, last_seal__gte=first)
    return list(records.defer("ids").order_by("number"))


def is_any_between(table: str, above: int, below: int) -> bool:
    """Return whether any row of a table between two ids was archived."""
    records = Archive.objects.filter(table=table).values_list("ids", flat=True)
    return any(first < below and last > above for ids in records for first, last in ids)


def newest() -> Archive | None:
    """Return the last archive that was made."""
    return Archive.objects.defer("ids").order_by("-number").first()


def may_have(moment: datetime) -> bool:
    """Return whether what tasks, people and queues were at a moment may be in archives."""
    last = Archive.objects.exclude(table="event").values("last_seal")
    return Seal.objects.filter(number__in=last, newest__gte=moment).exists()


def _told() -> dict[int, str]:
    """Return what the events say of archives, by number."""
    events = AuditEvent.objects.filter(kind=EventKind.ARCHIVED)
    said = events.values_list("details", flat=True)
    return {one["archive"]: one["record"] for one in said if {"archive", "record"} <= one.keys()}


def _among(spans: Spans, ids: Collection[int]) -> set[int]:
    low, high = min(ids), max(ids)
    near = [[max(first, low), min(last, high)] for first, last in spans]
    return set(ids).intersection(within(near))
