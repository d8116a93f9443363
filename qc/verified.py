"""Verifies what was sealed, keeps what came of it, and says how far it has come."""

import logging
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Sum
from django.utils import timezone

from qc.breaches import Breach
from qc.chain import Seal, Verification
from qc.seals import newest_seal
from qc.verification import breaches

logger = logging.getLogger(__name__)

# Each seal is verified anew within so many nights.
NIGHTS = 30
# So many breaches are named in the log; verify_audit gives all.
NAMED = 20


class State(NamedTuple):
    """How far all is sealed and verified, and the last breach that has not been cleared."""

    sealed: Seal | None
    verified: Verification | None
    alarm: Verification | None


def state() -> State:
    """Gives how far it has come. An alarm is cleared by verifying the same once more."""
    whole = Verification.objects.filter(
        pk__gt=OuterRef("pk"), what="", first__lte=OuterRef("first"), last__gte=OuterRef("last")
    )
    alarms = Verification.objects.exclude(what="").exclude(Exists(whole))
    verified = Verification.objects.filter(is_rolling=False).order_by("-pk").first()
    return State(newest_seal(), verified, alarms.order_by("-pk").first())


def run(
    first: int,
    last: int,
    told: Callable[[int], None] = lambda rows: None,
    *,
    is_rolling: bool = False,
) -> list[Breach]:
    """Verifies the seals from one number to another; logs, keeps and gives what it finds."""
    begun, rows = timezone.now(), 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more
        told(more)

    found = list(breaches(first, last, count))
    upto = verified_upto()
    Verification.objects.create(
        begun_at=begun,
        first=first,
        last=last,
        upto=max(upto, last) if first <= upto + 1 else upto,
        rows=rows,
        is_rolling=is_rolling,
        **_broken(found),
    )
    _log(first, last, rows, found)
    return found


def tonight() -> list[Breach]:
    """Verifies all that is new, and each night another part of the rest."""
    upto, head = verified_upto(), newest_seal()
    last = head.number if head else 0
    # Seals that were verified and are gone are missing at the end: that is found here too.
    found = run(upto + 1, last) if last > upto else run(last + 1, upto) if last < upto else []
    rolling = Verification.objects.filter(is_rolling=True).order_by("-pk").first()
    first = rolling.last + 1 if rolling and rolling.last < upto else 1
    if upto:
        found += run(first, min(first + upto // NIGHTS, upto), is_rolling=True)
    return found


def verified_upto() -> int:
    """Gives the number up to which all seals have been verified."""
    return Verification.objects.aggregate(upto=Max("upto"))["upto"] or 0


def rows_between(first: int, last: int) -> int:
    """Gives how many rows the seals from one number to another have."""
    seals = Seal.objects.filter(number__range=(first, last))
    return seals.aggregate(total=Sum("rows"))["total"] or 0


def _broken(found: list[Breach]) -> dict[str, object]:
    if not found:
        return {}
    what, seal, table, row = found[0]
    return {"what": what, "broken_seal": seal, "broken_table": table, "broken_row": row}


def _log(first: int, last: int, rows: int, found: Iterable[Breach]) -> None:
    sentences = [str(breach) for breach in found]
    if not sentences:
        logger.info("seals %d to %d are right: %d rows", first, last, rows)
        return
    more = f" … and {len(sentences) - NAMED} more" if len(sentences) > NAMED else ""
    named = "; ".join(sentences[:NAMED])
    logger.error("seals %d to %d: %d breaches: %s%s", first, last, len(sentences), named, more)
