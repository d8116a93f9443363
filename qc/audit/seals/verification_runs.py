"""Verifies what was sealed, records each run, and says how far verification has come."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet, Sum
from django.utils import timezone

from qc.audit.seals import external_copies
from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.verification import find_violations
from qc.audit.seals.violations import Violation
from qc.core.compiled_queries import Prepared
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
    return VerificationState(newest_seal(), _VERIFIED.first(), _ALARM.first())


def _alarms() -> QuerySet[Verification]:
    cleared = Verification.objects.filter(
        pk__gt=OuterRef("pk"), what="", first__lte=OuterRef("first"), last__gte=OuterRef("last")
    )
    return Verification.objects.exclude(what="").exclude(Exists(cleared)).order_by("-pk")


_VERIFIED = Prepared(lambda: Verification.objects.filter(is_rolling=False).order_by("-pk")[:1])
_ALARM = Prepared(lambda: _alarms()[:1])


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
        record.what, record.broken_seal, record.broken_table, record.broken_row = found[0][:4]
    record.save()
    return found


def run_nightly() -> list[Violation]:
    """Verify the new seals, a part of the old ones and the end of the copy; log violations."""
    upto, head = verified_upto(), newest_seal()
    last = head.number if head else 0
    found: list[Violation] = []
    if last != upto:
        # This also finds verified seals that were deleted at the end of the chain.
        found += run(min(upto, last) + 1, max(upto, last))
    if upto:
        # Those of files (`qc.audit.evidence_files`) have no seals.
        turns = Verification.objects.filter(is_rolling=True, last__gt=0)
        turn = turns.order_by("-pk").first()
        first = turn.last + 1 if turn and turn.last < upto else 1
        found += run(first, min(first + upto // NIGHTS, upto), is_rolling=True)
    # Last: seals that were remade look right, and would clear this alarm.
    found += compare_with_copy()
    _log(last, found)
    return found


def compare_with_copy() -> list[Violation]:
    """Compare the newest seals with the copy outside, if there is one; record what differs."""
    path, begun = Path(settings.QC_SEAL_FILE), timezone.now()
    if not settings.QC_SEAL_FILE or not path.exists():
        return []
    found = list(external_copies.compare(path, end_only=True))
    if found:
        numbers = [violation.seal for violation in found]
        record = Verification(begun_at=begun, first=min(numbers), last=max(numbers), rows=0)
        record.upto = verified_upto()
        record.what, record.broken_seal = found[0].what, found[0].seal
        record.save()
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
