"""Verifies the whole trail and all files of checks when somebody asks for it.

It is kept how far that is, and what was found.

One process works on it. When that has died, the next one begins at the first seal again.
"""

from django.db.models import F, Q
from django.utils import timezone

from qc.audit import evidence_files
from qc.audit.seals import verification_runs
from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.violations import Violation
from qc.core import leases
from qc.history import events
from qc.models import EventKind, User, VerificationRequest

# A trail of so many rows, and so many files, are verified while their reader waits.
SMALL, FEW_FILES = 20_000, 20
# The most violations that are kept by name; verify_audit names all.
NAMED = 20


def newest() -> VerificationRequest | None:
    """Return the verification that was asked for last, or None."""
    return VerificationRequest.objects.select_related("asked_by").order_by("-pk").first()


def begin(by: User) -> VerificationRequest:
    """Return the verification that is not ended yet, or a new one of all seals there are."""
    last_one = newest()
    if last_one is not None and last_one.ended_at is None:
        return last_one
    head = newest_seal()
    # Verified seals that were deleted at the end of the chain are missed so.
    last = max(head.number if head else 0, verification_runs.verified_upto())
    total = verification_runs.rows_between(1, last)
    events.record(EventKind.VERIFIED, by=by)
    return VerificationRequest.objects.create(asked_by=by, last=last, total=total)


def is_small(request: VerificationRequest) -> bool:
    """Return whether its reader may wait for it."""
    return request.total <= SMALL and evidence_files.count_events() <= FEW_FILES


def carry_on(pk: int) -> None:
    """Verify all seals and files, unless another process does."""
    mine = VerificationRequest.objects.filter(pk=pk, ended_at=None)
    if not leases.acquire(mine, unheld=Q(busy_until=None), done=0):
        return
    last = mine.values_list("last", flat=True).get()

    def note_progress(rows: int) -> None:
        leases.renew(mine, done=F("done") + rows)

    found = verification_runs.run(1, last, note_progress) if last else []
    found += verification_runs.compare_with_copy()

    def hold_on(_events: int) -> None:
        leases.renew(mine)

    files, of_files = evidence_files.run(hold_on)
    found += of_files
    named = [list(one) for one in found[:NAMED]]
    result = {"files": files, "violations": len(found), "found": named}
    mine.update(ended_at=timezone.now(), busy_until=None, **result)


def named_violations(request: VerificationRequest) -> list[Violation]:
    """Return the violations that are kept by name."""
    return [Violation(*one) for one in request.found]
