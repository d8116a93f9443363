"""Seals the new rows of the history in batches: in a job, never in a request.

It reads without locks, and writes only the seal. A row gets its id before its transaction commits,
so it may appear below one that is sealed already. So missing ids are looked at again for some time,
and rows that have appeared there are sealed late.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.utils import timezone

from qc.audit.seals import row_hashing
from qc.audit.seals.row_hashing import HashedRow
from qc.core.canonical_json import hashed
from qc.core.id_spans import Spans, ids_of, spans_of
from qc.history.registry import TABLES
from qc.models import Seal
from qc.models.seals import GENESIS_HASH

BATCH = 1000
# Only rows older than this are sealed: then few rows with lower ids are still uncommitted.
SETTLED = timedelta(seconds=10)
# No transaction lasts longer: a row that appears later among older ones is a forgery.
LATE = timedelta(hours=1)


def seal() -> int:
    """Seal all rows that are settled; return how many.

    If another process seals at the same time, that one seals the rest.
    """
    settled, rows = timezone.now() - SETTLED, 0
    for table in TABLES:
        # Each is called until it finds nothing more.
        rows += sum(iter(partial(_seal_late, table), 0))
        rows += sum(iter(partial(_seal_new, table, settled), 0))
    return rows


def _seal_new(table: str, settled: datetime) -> int:
    head, last = newest_seal(), last_of(table)
    upto = _last_settled(table, settled)
    columns, above = row_hashing.columns_of(table), last.upto if last else 0
    rows = row_hashing.between(table, columns, above, upto, BATCH)
    if not rows:
        return 0
    # A row dated in the future must not make those that follow look old.
    newest = min(max(row.date for row in rows), timezone.now())
    newest = max(newest, last.newest) if last else newest
    seal = Seal(table=table, above=above, upto=rows[-1].pk, newest=newest)
    return _keep(seal, head, columns, rows)


def _seal_late(table: str) -> int:
    head, last = newest_seal(), last_of(table)
    if last is None:
        return 0
    columns = row_hashing.columns_of(table)
    rows = row_hashing.in_spans(table, columns, open_gaps(table), BATCH)
    if not rows:
        return 0
    seal = Seal(table=table, above=last.upto, upto=last.upto, newest=last.newest, is_late=True)
    return _keep(seal, head, columns, rows)


def _keep(seal: Seal, head: Seal | None, columns: list[str], rows: list[HashedRow]) -> int:
    """Add a seal to the chain; return its number of rows, 0 if another process was faster."""
    seal.number = head.number + 1 if head else 1
    seal.previous = head.hash if head else GENESIS_HASH
    seal.columns, seal.rows = columns, len(rows)
    seal.ids = spans_of([row.pk for row in rows])
    seal.digests = b"".join(row.digest for row in rows)
    seal.sealed_at = timezone.now()
    seal.hash = hashed(seal.content())
    try:
        with transaction.atomic():
            seal.save(force_insert=True)
    except IntegrityError:
        return 0
    return len(rows)


def newest_seal() -> Seal | None:
    """Return the end of the chain. Call it before reading the rows of the next seal."""
    return Seal.objects.defer("digests").order_by("-number").first()


def last_of(table: str, below: int | None = None) -> Seal | None:
    """Return the newest seal of a table that is not late, with a number below `below`."""
    seals = Seal.objects.filter(table=table, is_late=False).defer("digests", "ids")
    if below is not None:
        seals = seals.filter(number__lt=below)
    return seals.order_by("-number").first()


def waiting_since() -> datetime | None:
    """Return the moment of the oldest unsealed row of all tables; None if all are sealed."""
    moments = [_first_unsealed(table) for table in TABLES]
    return min((one for one in moments if one), default=None)


def open_gaps(table: str) -> Spans:
    """Return the spans of ids that were missing at sealing, and may still appear."""
    last = last_of(table)
    if last is None:
        return []
    seals = Seal.objects.filter(table=table).only("ids", "above", "upto", "is_late")
    recent = list(seals.filter(newest__gte=last.newest - LATE).order_by("number"))
    late = {pk for one in recent if one.is_late for pk in ids_of(one.ids)}
    return [gap for one in recent if not one.is_late for gap in _gaps(one, late)]


def _gaps(seal: Seal, late: set[int]) -> Iterator[list[int]]:
    """Yield the spans of ids in a seal's range that are in no seal."""
    start = seal.above + 1
    for first, last in sorted([*seal.ids, *([pk, pk] for pk in late if start <= pk <= seal.upto)]):
        if start < first:
            yield [start, first - 1]
        start = last + 1


def _first_unsealed(table: str) -> datetime | None:
    last = last_of(table)
    rows = TABLES[table].objects.filter(history_id__gt=last.upto if last else 0)
    return rows.order_by("history_id").values_list("history_date", flat=True).first()


def _last_settled(table: str, settled: datetime) -> int:
    rows = TABLES[table].objects.filter(history_date__lt=settled)
    ids = rows.order_by("-history_date", "-history_id").values_list("history_id", flat=True)
    return ids.first() or 0
