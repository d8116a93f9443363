"""Seals the new rows of the history in batches: in a job, never in a request.

It reads without locks, and writes only the seal. A row gets its id before its transaction commits,
so it may appear below one that is sealed already. So recent rows are counted again for some time,
and those that have appeared among them are sealed late. That costs as much as there are rows: on a
cluster most ids are never given to any.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Min, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from qc.audit.seals import row_hashing
from qc.audit.seals.row_hashing import HashedRow
from qc.core.canonical_json import hashed
from qc.core.compiled_queries import Key, Prepared
from qc.core.id_spans import ids_of, spans_of
from qc.core.transactions import retrying
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
    ids = _appeared(last)
    if not ids:
        return 0
    columns = row_hashing.columns_of(table)
    rows = row_hashing.read(table, columns, Q(history_id__in=ids[:BATCH]))
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
        _insert(seal)
    except IntegrityError:
        return 0
    return len(rows)


@retrying
def _insert(seal: Seal) -> None:
    # On a cluster a second seal with the same number is a lost race first.
    with transaction.atomic():
        seal.save(force_insert=True)


def newest_seal() -> Seal | None:
    """Return the end of the chain. Call it before reading the rows of the next seal."""
    newest: Seal | None = _NEWEST.first()
    return newest


_NEWEST = Prepared(lambda: Seal.objects.defer("digests").order_by("-number")[:1])


def last_of(table: str, below: int | None = None) -> Seal | None:
    """Return the newest seal of a table that is not late, with a number below `below`."""
    seals = Seal.objects.filter(table=table, is_late=False).defer("digests", "ids")
    if below is not None:
        seals = seals.filter(number__lt=below)
    return seals.order_by("-number").first()


def waiting_since() -> datetime | None:
    """Return the moment of the oldest unsealed row of all tables; None if all are sealed."""
    # Without any seal there is no row.
    ends = next(iter(_ENDS.rows()), (0,) * len(TABLES))
    moments = _FIRST_ABOVE.items(*(upto or 0 for upto in ends))
    return min((moment for (moment,) in moments), default=None)


def _ends() -> QuerySet[Any, Any]:
    """Return one row: for each table the last id that is sealed. No late seal goes further."""
    sealed = [Seal.objects.filter(table=table).order_by("-upto").values("upto") for table in TABLES]
    return Seal.objects.order_by().values_list(*[Subquery(upto[:1]) for upto in sealed])[:1]


def _first_above(*ends: Key) -> QuerySet[Any, Any]:
    """Return the moment of the first row above an id of each table, where there is one."""
    first, *others = [
        rows.objects.filter(
            pk=Subquery(rows.objects.filter(pk__gt=end).order_by("pk").values("pk")[:1])
        )
        .order_by()
        .values_list("history_date")
        for rows, end in zip(TABLES.values(), ends, strict=True)
    ]
    return first.union(*others, all=True)


_ENDS, _FIRST_ABOVE = Prepared(_ends), Prepared(_first_above)


def open_above(last: Seal) -> int:
    """Return the id above which rows may still appear, below those that a seal is the last of."""
    on_time = _recent(last).filter(is_late=False)
    return int(on_time.aggregate(above=Min("above"))["above"])


def _recent(last: Seal) -> QuerySet[Seal]:
    """Return the seals, up to this one of its table, among whose rows others may still appear."""
    return Seal.objects.filter(table=last.table, newest__gte=last.newest - LATE)


def _appeared(last: Seal) -> list[int]:
    """Return the ids of the rows that have appeared among recent sealed ones.

    Where these are as many as were sealed, none has, and no id is read.
    """
    recent = _recent(last)
    rows = TABLES[last.table].objects.filter(
        history_id__gt=open_above(last), history_id__lte=last.upto
    )
    if rows.count() == recent.aggregate(rows=Sum("rows"))["rows"]:
        return []
    sealed = {pk for spans in recent.values_list("ids", flat=True) for pk in ids_of(spans)}
    ids = rows.order_by("history_id").values_list("history_id", flat=True)
    return [pk for pk in ids if pk not in sealed]


def _last_settled(table: str, settled: datetime) -> int:
    rows = TABLES[table].objects.filter(history_date__lt=settled)
    ids = rows.order_by("-history_date", "-history_id").values_list("history_id", flat=True)
    return ids.first() or 0
