"""The defects that a check found: which codes there are for a queue, and whether each is right.

Messages are by `defects.<n>.<field>`, the n-th defect from 0 on; that one is missing, by `defects`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.checks.check_input import FoundDefect
from qc.checks.plan import Plan
from qc.checks.quantities import MOST
from qc.core.exceptions import InvalidCheck
from qc.models import Defect, DefectCode, Outcome, Queue, Severity
from qc.models.checks import LONGEST_VALUE

# The most codes that are offered in a queue, and the most defects of one check.
MOST_CODES = 500
MOST_DEFECTS = 100
# The most frequent codes are those of so many of the latest defects, none of them older.
FREQUENT = 5
LATEST = 1000
WEEKS = timedelta(weeks=8)


def codes_of(queue_id: int) -> list[DefectCode]:
    """Return the codes that apply to a queue, by group and code, at most `MOST_CODES`."""
    return list(_in_queue(queue_id).filter(is_active=True)[:MOST_CODES])


def frequent(queue_id: int, codes: Sequence[DefectCode]) -> list[DefectCode]:
    """Return those of a queue's codes that it found most often of late, at most `FREQUENT`.

    The first ones of the list follow, as long as there are too few.
    """
    of_queue = Defect.objects.filter(queue=queue_id, completed_at__gte=timezone.now() - WEEKS)
    # Read and counted here: they are the columns of an index, and MariaDB groups no LIMIT.
    latest = of_queue.order_by("-completed_at").values_list("code", flat=True)[:LATEST]
    counts = Counter(latest)
    return sorted(codes, key=lambda code: -counts[code.pk])[:FREQUENT]


def checked(queue: Queue, found: Sequence[FoundDefect], plan: Plan | None) -> list[FoundDefect]:
    """Return the defects with their codes as they are stored, and with their severities.

    Raises InvalidCheck with a message for each field that is not right.
    """
    if len(found) > MOST_DEFECTS:
        message = _("A check names at most %d defects.") % MOST_DEFECTS
        raise InvalidCheck({"defects": message})
    names = {_spelt(one.code) for one in found}
    codes = _by_name(_in_queue(queue.pk).filter(is_active=True), names)
    errors: dict[str, str] = {}
    for n, one in enumerate(found):
        faults = _faults(one, _spelt(one.code) in codes, queue, plan)
        errors |= {f"defects.{n}.{field}": message for field, message in faults}
    if errors:
        raise InvalidCheck(errors)
    return [_completed(one, codes[_spelt(one.code)]) for one in found]


def require(queue: Queue, outcome: str, found: Sequence[FoundDefect]) -> None:
    """Raise InvalidCheck where a queue wants a failed check to name a defect, and it names none.

    A queue without any code wants none.
    """
    is_wanted = queue.needs_defects and outcome == Outcome.FAILED and not found
    if is_wanted and _in_queue(queue.pk).filter(is_active=True).exists():
        message = _("Name at least one defect: %s needs to know what failed.") % queue.name
        raise InvalidCheck({"defects": message})


def _in_queue(queue_id: int) -> QuerySet[DefectCode]:
    return DefectCode.objects.filter(Q(queues__isnull=True) | Q(queues=queue_id))


def _spelt(code: str) -> str:
    """Return a code as it is stored, whatever its capitals and blanks."""
    return code.strip().upper()


def _by_name(codes: QuerySet[DefectCode], names: Collection[str]) -> dict[str, DefectCode]:
    return {one.code: one for one in codes.filter(code__in=names)} if names else {}


def _faults(
    one: FoundDefect, may_be_chosen: bool, queue: Queue, plan: Plan | None
) -> Iterator[tuple[str, str]]:
    """Yield the name of each field that is not right, and what is wrong."""
    if not may_be_chosen:
        yield "code", _refusal(one.code, queue)
    if not 1 <= one.quantity <= MOST:
        yield "quantity", _("Enter a whole number from 1 on.")
    if one.severity is not None and one.severity not in Severity:
        yield "severity", _("The severity must be 1 (critical), 2 (major) or 3 (minor).")
    if len(one.note) > LONGEST_VALUE:
        yield "note", _("A note has at most %d characters.") % LONGEST_VALUE
    if one.item and (plan is None or one.item not in plan.by_key):
        yield "item", _("The check plan has no item “%s”.") % one.item


def _refusal(sent: str, queue: Queue) -> str:
    """Return why a code can't be chosen in a queue."""
    if not (name := _spelt(sent)):
        return _("Choose a code.")
    code = DefectCode.objects.filter(code=name).first()
    if code is None:
        return _("There is no defect code %s.") % name
    if not code.is_active:
        return _("%s was switched off; choose another.") % name
    return _("%(code)s is not used in %(queue)s; choose another.") % {"code": name, "queue": queue}


def _completed(one: FoundDefect, code: DefectCode) -> FoundDefect:
    severity = code.severity if one.severity is None else one.severity
    return replace(one, code=code.code, severity=int(severity), note=one.note.strip())
