"""Which rows of history are in archive files: those of each archive that its event confirms."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cached_property
from itertools import chain
from operator import itemgetter

from django.db.models import Sum

from qc.audit.seals.violations import Violation
from qc.core.id_spans import Spans, ids_of, spans_near
from qc.models import Archive, AuditEvent, EventKind, Seal


class ArchivedRows:
    """Finds the missing rows of seals in archives; made anew for each verification.

    Seals come by rising numbers, and each archive is read once for all of its seals.
    """

    def __init__(self) -> None:
        self._event_hashes: dict[int, str] = {}
        self._confirmed: list[Archive] = []
        self._looked_at: set[int] = set()

    def among(self, seal: Seal, missing: Collection[int]) -> set[int]:
        """Return the archived ones of a seal's missing rows. Call it after reading its rows."""
        found = self._found(seal, missing) if missing else set()
        if len(found) < len(missing) and self._read_archives(seal):
            return self._found(seal, missing)
        return found

    def _found(self, seal: Seal, missing: Collection[int]) -> set[int]:
        spans = (
            spans_near(archive.ids, min(missing), max(missing))
            for archive in self._confirmed
            if archive.table == seal.table
        )
        return set(missing).intersection(ids_of(list(chain.from_iterable(spans))))

    def _read_archives(self, seal: Seal) -> bool:
        """Read the archives with rows of a seal that were not looked at; return if any count."""
        around = Archive.objects.filter(
            table=seal.table, first_seal__lte=seal.number, last_seal__gte=seal.number
        )
        new = list(around.exclude(number__in=self._looked_at))
        self._looked_at |= {archive.number for archive in new}
        confirmed = [archive for archive in new if self._is_confirmed(archive)]
        needed = (one for one in self._confirmed if one.last_seal >= seal.number)
        self._confirmed = [*needed, *confirmed]
        return bool(confirmed)

    def _is_confirmed(self, archive: Archive) -> bool:
        # The event of an archive made meanwhile was written after the events were read.
        if archive.number not in self._event_hashes:
            self._event_hashes = _event_hashes()
        return self._event_hashes.get(archive.number) == archive.hash


def find_violations() -> Iterator[Violation]:
    """Yield each archive without a matching event, and each event whose archive is gone."""
    records = {one.number: one.hash for one in Archive.objects.order_by("number")}
    events = _event_hashes()
    for number in sorted(records.keys() | events.keys()):
        if number not in records:
            yield Violation("archive deleted", number)
        elif records[number] != events.get(number):
            yield Violation("archive forged", number)


def between(first: int, last: int) -> list[Archive]:
    """Return the archives with rows of the seals `first` to `last`."""
    records = Archive.objects.filter(first_seal__lte=last, last_seal__gte=first)
    return list(records.defer("ids").order_by("number"))


def count(last: int, before: datetime) -> int:
    """Return how many rows of the seals up to `last` were in archives before a moment."""
    records = Archive.objects.filter(last_seal__lte=last, made_at__lte=before)
    return records.aggregate(total=Sum("rows"))["total"] or 0


class ArchivedIds:
    """The ids of a table's archived rows, read once for any number of questions."""

    def __init__(self, table: str) -> None:
        self._table = table

    def has_any_between(self, above: int, below: int) -> bool:
        """Return whether any row between two ids was archived."""
        at = bisect_right(self._spans, above, key=itemgetter(1))
        return at < len(self._spans) and self._spans[at][0] < below

    @cached_property
    def _spans(self) -> Spans:
        records = Archive.objects.filter(table=self._table).values_list("ids", flat=True)
        return sorted(chain.from_iterable(records))


def newest() -> Archive | None:
    """Return the last archive that was made."""
    return Archive.objects.defer("ids").order_by("-number").first()


def may_have(moment: datetime) -> bool:
    """Return whether the state at a moment may be in archives."""
    last = Archive.objects.exclude(table="event").values("last_seal")
    return Seal.objects.filter(number__in=last, newest__gte=moment).exists()


def _event_hashes() -> dict[int, str]:
    """Return by archive number the hash of its record that the trail's event has."""
    events = AuditEvent.objects.filter(kind=EventKind.ARCHIVED)
    details = events.values_list("details", flat=True)
    return {one["archive"]: one["record"] for one in details if {"archive", "record"} <= one.keys()}
