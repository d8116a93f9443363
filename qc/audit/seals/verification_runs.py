"""Verifies what was sealed, keeps what came of it, and says how far it has come."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Sum
from django.utils import timezone

from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.verification import find_violations
from qc.audit.seals.violations import Violation, first_violation
from qc.models import Seal, Verification

logger = logging.getLogger(__name__)

# Each seal is verified anew within so many nights.
NIGHTS = 30
# So many breaches are named in the log; verify_audit gives all.
NAMED = 20


class VerificationState(NamedTuple):
    """How far all is sealed and verified, and the last breach that has not been cleared."""

    sealed: Seal | None
    verified: Verification | None
    alarm: Verification | None

    @property
    def violation(self) -> Violation | None:
        """What the alarm found first, None where there is no alarm."""
        return first_violation(self.alarm) if self.alarm else None


def state() -> VerificationState:
    """Return how far it has come. An alarm is cleared by verifying the same once more."""
    whole = Verification.objects.filter(
        pk__gt=OuterRef("pk"), what="", first__lte=OuterRef("first"), last__gte=OuterRef("last")
    )
    alarms = Verification.objects.exclude(what="").exclude(Exists(whole))
    verified = Verification.objects.filter(is_rolling=False).order_by("-pk").first()
    return VerificationState(newest_seal(), verified, alarms.order_by("-pk").first())


def run(
    first: int,
    last: int,
    told: Callable[[int], None] = lambda rows: None,
    *,
    is_rolling: bool = False,
) -> list[Violation]:
    """Verify the seals from one number to another; keep and return what it finds."""
    begun, rows = timezone.now(), 0

    def count(more: int) -> None:
        nonlocal rows
        rows += more
        told(more)

    found = list(find_violations(first, last, count))
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
    return found


def run_nightly() -> list[Violation]:
    """Verify all that is new, and each night another part of the rest; log what is wrong."""
    upto, head = verified_upto(), newest_seal()
    last = head.number if head else 0
    found: list[Violation] = []
    if last != upto:
        # Seals that were verified and are gone are missing at the end: that is found here too.
        found += run(min(upto, last) + 1, max(upto, last))
    if upto:
        first = _first_of_turn(upto)
        found += run(first, min(first + upto // NIGHTS, upto), is_rolling=True)
    _log(last, found)
    return found


def _first_of_turn(upto: int) -> int:
    rolling = Verification.objects.filter(is_rolling=True).order_by("-pk").first()
    return rolling.last + 1 if rolling and rolling.last < upto else 1


def verified_upto() -> int:
    """Return the number up to which all seals have been verified."""
    return Verification.objects.aggregate(upto=Max("upto"))["upto"] or 0


def rows_between(first: int, last: int) -> int:
    """Return how many rows the seals from one number to another have."""
    seals = Seal.objects.filter(number__range=(first, last))
    return seals.aggregate(total=Sum("rows"))["total"] or 0


def _broken(found: list[Violation]) -> dict[str, object]:
    if not found:
        return {}
    what, seal, table, row = found[0]
    return {"what": what, "broken_seal": seal, "broken_table": table, "broken_row": row}


def _log(last: int, found: Sequence[Violation]) -> None:
    if not found:
        logger.info("verify: all is as it was sealed, up to seal %d", last)
        return
    named = "; ".join(str(violation) for violation in found[:NAMED])
    more = f" … and {len(found) - NAMED} more" if len(found) > NAMED else ""
    logger.error("verify: %d not as sealed: %s%s", len(found), named, more)
