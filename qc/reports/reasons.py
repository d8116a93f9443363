"""Why tasks were given back: how often each reason from the queues' lists was chosen.

The database counts, in the rows that the report reads anyway.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from qc.core.wording import AFTER_REASON
from qc.models import ChangeKind, Queue
from qc.reports.percentiles import Key

OTHER = _("other reasons")


def listed(queue: int | None) -> list[str]:
    """Return the reasons that the list of a queue has, or those of all queues, each once."""
    queues = Queue.objects.filter(pk=queue) if queue else Queue.objects.all()
    return list(dict.fromkeys(reason for one in queues for reason in one.reasons))


def counted(given_back: Any, reasons: Sequence[str]) -> Iterator[tuple[Key, str, int]]:
    """Yield the key of a row of the report, a reason, and how many tasks were given back for it.

    Reasons that are in no list, such as a person's own words, are `OTHER` together. What a manager
    took back has none: only the person is asked for a reason from the list.
    """
    own = given_back.filter(kind=ChangeKind.RELEASED, history_user=F("person"))
    rows = own.annotate(chosen=_chosen(reasons))
    counts = rows.values("about", "chosen").annotate(n=Count("pk"))
    for about, chosen, n in counts.values_list("about", "chosen", "n"):
        yield about, reasons[chosen] if chosen >= 0 else str(OTHER), n


def _chosen(reasons: Sequence[str]) -> Case:
    """Return an expression for the number of the chosen reason, -1 for any other."""
    # Longer ones first: one reason may be how another begins.
    numbers = sorted(range(len(reasons)), key=lambda n: -len(reasons[n]))
    whens = [When(_begins(reasons[n]), then=Value(n)) for n in numbers]
    return Case(*whens, default=Value(-1), output_field=IntegerField())


def _begins(reason: str) -> Q:
    more = Q(history_change_reason__startswith=reason + AFTER_REASON)
    return Q(history_change_reason=reason) | more
