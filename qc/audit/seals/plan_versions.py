"""Whether each version of a check plan is as the sealed event of its publication says."""

from collections.abc import Iterator

from qc.audit.seals.violations import Violation
from qc.core.canonical_json import hashed
from qc.models import AuditEvent, EventKind, PlanVersion

# A version: the id of its queue, and its number.
Version = tuple[int, int]


def find_violations() -> Iterator[Violation]:
    """Yield each version that was changed, is gone, or was never published."""
    # Events are read before the versions and after them: one may be published meanwhile.
    earlier, stored, published = _published(), _stored(), _published()
    for queue, number in sorted(earlier.keys() | stored.keys()):
        now, then = stored.get((queue, number)), published.get((queue, number))
        if now != then:
            what = "deleted" if now is None else "inserted" if then is None else "changed"
            yield Violation(f"plan {what}", number, "plan", queue)


def _stored() -> dict[Version, str]:
    """Return the digest of each version's content, as it is stored now."""
    versions = PlanVersion.objects.values_list("queue", "number", "content").order_by()
    return {(queue, number): hashed(content) for queue, number, content in versions.iterator()}


def _published() -> dict[Version, str]:
    """Return the digests that the events have, which are sealed and never archived."""
    events = AuditEvent.objects.filter(kind=EventKind.PLAN_VERSION)
    details = events.values_list("details", flat=True)
    return {(one["queue"], one["number"]): one["digest"] for one in details}
