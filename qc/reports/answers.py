"""The answers of a queue in some days, item by item: how many of each verdict, and of numbers.

The database counts them in the index of an item's answers, once for each item.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Avg, Count, Max, Min, Q

from qc.checks import plan
from qc.checks.plan import Item
from qc.models import Answer, AnswerKind, PlanVersion, Verdict
from qc.reports.intervals import Rate
from qc.reports.span import Span

# Of a queue with more versions only the newest are looked at.
MOST_VERSIONS = 100


@dataclass(frozen=True)
class ItemRow:
    """The answers to an item: so many, so many of them not OK or not applicable, and numbers."""

    item: Item
    answers: int
    not_ok: Rate
    not_applicable: int
    least: Any = None
    mean: Any = None
    most: Any = None


def items(queue: int) -> list[Item]:
    """Return the items of all versions of a queue's plan, as the newest that has them asks."""
    versions = PlanVersion.objects.filter(queue=queue).order_by("-number")
    found: dict[str, Item] = {}
    for pk in versions.values_list("pk", flat=True)[:MOST_VERSIONS]:
        for item in plan.of_version(pk).items:
            found.setdefault(item.key, item)
    return list(found.values())


def number_items(queue: int) -> list[Item]:
    """Return those of them that ask for a number."""
    return [item for item in items(queue) if item.kind == AnswerKind.NUMBER]


def rows(span: Span, of: Sequence[Item]) -> list[ItemRow]:
    """Return the rows of some items of the span's queue; those without answers are left out."""
    keys = [item.key for item in of]
    answers = span.narrow(Answer.objects.filter(item__in=keys)).values("item")
    counts = answers.annotate(
        n=Count("pk"),
        ok=Count("pk", filter=Q(verdict=Verdict.OK)),
        not_ok=Count("pk", filter=Q(verdict=Verdict.NOT_OK)),
        na=Count("pk", filter=Q(verdict=Verdict.NOT_APPLICABLE)),
        least=Min("number"),
        mean=Avg("number"),
        most=Max("number"),
    )
    by_key = {one["item"]: one for one in counts}
    return [_row(item, by_key[item.key]) for item in of if item.key in by_key]


def _row(item: Item, counts: dict[str, Any]) -> ItemRow:
    not_ok = Rate(counts["not_ok"], counts["ok"] + counts["not_ok"])
    numbers = [counts[name] for name in ("least", "mean", "most")]
    return ItemRow(item, counts["n"], not_ok, counts["na"], *numbers)
