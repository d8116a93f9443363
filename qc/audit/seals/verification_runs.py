"""Verifies what was sealed, records each run, and says how far verification has come."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db.models import Exists, Max, OuterRef, Sum
from django.utils import timezone

from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.verification import find_violations
from qc.audit.seals.violations import Violation
from qc.models import Seal, Verification

logger = logging.getLogger(__name__)

# The number of nights in which every seal is verified again.
NIGHTS = 30
# The most violations named in the log; verify_audit names all.
NAMED = 20


class VerificationState(NamedTuple):
    """The newest seal, the newest verification, and the last failed run that was not cleared."""

    sealed: Seal | None
    verified: Verification | None
    alarm: Verification | None

    @property
    def violation(self) -> Violation | None:
        """The first violation of the alarm; None without an alarm."""
        if (run := self.alarm) is None:
            return None
        return Violation(run.what, run.broken_seal or 0, run.broken_table, run.broken_row)


def state() -> VerificationState:
    """Return the state. An alarm is cleared by a later run over the same seals."""
    cleared = Verification.objects.filter(
        pk__gt=OuterRef("pk"), what="", first__lte=OuterRef("first"), last__gte=OuterRef("last")
    )
    alarms = Verification.objects.exclude(what="").exclude(Exists(cleared))
    verified = Verification.objects.filter(is_rolling=False).order_by("-pk").first()
    return VerificationState(newest_seal(), verified, alarms.order_by("-pk").first())


def run(
    first: int,
    last: int,
    progress: Callable[[int], None] | None = None,
    *,
    is_rolling: bool = False,
) -> list[Violation]:
    """Verify the seals `first` to `last`; record and return what it finds."""
    begun = timezone.now()
    found = list(find_violations(first, last, progress))
    upto = verified_upto()
    record = Verification(begun_at=begun, first=first, last=last, is_rolling=is_rolling)
    record.upto = max(upto, last) if first <= upto + 1 else upto
    record.rows = rows_between(first, last)
    if found:
        record.what, record.broken_seal, record.broken_table, record.broken_row = found[0]
    record.save()
    return found


def run_nightly() -> list[Violation]:
    """Verify the new seals and a part of the old ones, another each night; log violations."""
    upto, head = verified_upto(), newest_seal()
    last = head.number if head else 0
    found: list[Violation] = []
    if last != upto:
        # This also finds verified seals that were deleted at the end of the chain.
        found += run(min(upto, last) + 1, max(upto, last))
    if upto:
        turn = Verification.objects.filter(is_rolling=True).order_by("-pk").first()
        first = turn.last + 1 if turn and turn.last < upto else 1
        found += run(first, min(first + upto // NIGHTS, upto), is_rolling=True)
    _log(last, found)
    return found


def verified_upto() -> int:
    """Return the number up to which all seals have been verified."""
    return Verification.objects.aggregate(upto=Max("upto"))["upto"] or 0


def rows_between(first: int, last: int) -> int:
    """Return how many rows the seals `first` to `last` have."""
    seals = Seal.objects.filter(number__range=(first, last))
    return seals.aggregate(total=Sum("rows"))["total"] or 0


def _log(last: int, found: Sequence[Violation]) -> None:
    if not found:
        logger.info("verify: all is as it was sealed, up to seal %d", last)
        return
    named = "; ".join(map(str, found[:NAMED]))
    more = f" … and {len(found) - NAMED} more" if len(found) > NAMED else ""
    logger.error("verify: %d not as sealed: %s%s", len(found), named, more)
