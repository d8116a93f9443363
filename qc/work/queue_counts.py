"""How many tasks wait in queues or are assigned, and how many people are on them."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from qc.models import Queue, Status, Task


def counted(queues: QuerySet[Queue]) -> Any:
    """Return queues with their numbers: `waiting_now`, `in_work_now` and `people_on_it`."""
    on_it = Queue.people.through.objects.filter(queue=OuterRef("pk")).order_by()
    return queues.annotate(
        waiting_now=_count(Task.objects.filter(status=Status.PENDING)),
        in_work_now=_count(Task.objects.filter(status=Status.ASSIGNED)),
        people_on_it=_subcount(on_it),
    )


def _count(tasks: QuerySet[Task]) -> Coalesce:
    return _subcount(tasks.filter(queue=OuterRef("pk")).order_by())


def _subcount(rows: Any) -> Coalesce:
    # Counted in the index for each queue: finished tasks are never looked at.
    return Coalesce(Subquery(rows.values("queue").annotate(n=Count("pk")).values("n")), 0)
