"""Defects of some days, the most frequent first: the figures of a Pareto chart.

The database adds them up, in the rows of defects that were found in these days, which it finds by
index; of their tasks it reads the details only where these are what is asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

from django.db import models
from django.db.models import Count, F, Sum
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext_lazy as _

from qc.models import Defect, DefectCode, Queue, Severity, Task, User
from qc.reports.span import Span

MOST_ROWS = 30
# So many of the newest tasks with defects are read for the names of the sender's columns.
SAMPLE = 200


class By(models.TextChoices):
    """What defects are counted by; `COLUMN` is a column of the tasks' details."""

    CODE = "code", _("code")
    GROUP = "group", _("group")
    SEVERITY = "severity", _("severity")
    QUEUE = "queue", _("queue")
    PERSON = "person", _("person")
    DAY = "day", _("day")
    COLUMN = "column", _("column")


Key = int | str | date | None


@dataclass(frozen=True)
class DefectQuery:
    """What is counted: by what, in which span, and perhaps of one severity only."""

    span: Span
    by: By = By.CODE
    severity: int | None = None
    # The name of the sender's column.
    column: str = ""

    def found(self) -> Any:
        """Return the defects."""
        defects = self.span.narrow(Defect.objects.all())
        return defects.filter(severity=self.severity) if self.severity else defects

    def about(self) -> Any:
        """Return the expression by which they are counted."""
        if self.by == By.DAY:
            return self.span.day()
        if self.by == By.COLUMN:
            return KeyTextTransform(self.column, "task__details")
        return F({By.GROUP: "code__group"}.get(self.by, self.by))


@dataclass(frozen=True)
class ParetoRow:
    """The defects of one kind: how many, in how many checks, their share, and that up to here."""

    key: Key
    name: str
    quantity: int
    tasks: int
    share: float
    cumulative: float


@dataclass(frozen=True)
class Pareto:
    """The most frequent kinds, most frequent first; `others` is how many defects are left over."""

    rows: list[ParetoRow]
    total: int
    others: int


def pareto(query: DefectQuery, most: int = MOST_ROWS) -> Pareto:
    """Count the defects; return the `most` frequent kinds."""
    # Under a name that no column of a defect has.
    counts = query.found().annotate(about=query.about()).values("about")
    counts = counts.annotate(n=Sum("quantity"), checks=Count("task", distinct=True))
    top = list(counts.order_by("-n", "about").values_list("about", "n", "checks")[:most])
    total = query.found().aggregate(n=Sum("quantity", default=0))["n"]
    names = _names(query.by, [key for key, _n, _checks in top])
    sums = accumulate(n for _key, n, _checks in top)
    rows = [
        ParetoRow(key, names.get(key) or str(_("none")), n, checks, n / total, up_to / total)
        for (key, n, checks), up_to in zip(top, sums, strict=True)
    ]
    return Pareto(rows, total, total - sum(row.quantity for row in rows))


def columns(span: Span) -> list[str]:
    """Return the names of the sender's columns, as the newest tasks with defects have them."""
    newest = span.narrow(Defect.objects.all()).order_by("-completed_at")
    ids = list(newest.values_list("task", flat=True)[:SAMPLE])
    details = Task.objects.filter(pk__in=ids).order_by("pk").values_list("details", flat=True)
    return list(dict.fromkeys(name for one in details for name in one))


def _names(by: By, keys: list[Any]) -> Mapping[Any, str]:
    if by == By.CODE:
        return {pk: str(code) for pk, code in DefectCode.objects.in_bulk(keys).items()}
    if by == By.SEVERITY:
        return {key: str(Severity(key).label) for key in keys}
    if by in (By.QUEUE, By.PERSON):
        model: Any = Queue if by == By.QUEUE else User
        return {pk: str(one) for pk, one in model._default_manager.in_bulk(keys).items()}
    return {key: str(key) for key in keys if key is not None}
