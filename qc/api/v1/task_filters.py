"""The filters of the list of tasks: each by a column that an index begins with."""

import django_filters
from django.db.models import QuerySet

from qc.api.v1.fields import MomentFilter, PersonFilter, QueueFilter
from qc.models import Outcome, Priority, Status, Task
from qc.models.tasks import begins_with


class TaskFilters(django_filters.FilterSet):
    """The filters of tasks; `search` and `updated_since` are answered by their order."""

    status = django_filters.ChoiceFilter(choices=Status.choices)
    queue = QueueFilter()
    priority = django_filters.TypedChoiceFilter(choices=Priority.choices, coerce=int)
    outcome = django_filters.ChoiceFilter(choices=Outcome.choices)
    assignee = PersonFilter()
    due_after = MomentFilter("due_at", "gte")
    due_before = MomentFilter("due_at", "lt")
    completed_after = MomentFilter("completed_at", "gte")
    completed_before = MomentFilter("completed_at", "lt")
    created_after = MomentFilter("created_at", "gte")
    created_before = MomentFilter("created_at", "lt")
    reference = django_filters.CharFilter()
    reference_begins = django_filters.CharFilter(method="begin_so")
    search = django_filters.CharFilter(method="leave")
    updated_since = MomentFilter(method="leave")

    class Meta:
        model = Task
        fields = ()

    def begin_so(self, tasks: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        """Return those whose reference begins so."""
        return tasks.filter(begins_with(value))

    def leave(self, tasks: QuerySet[Task], name: str, value: object) -> QuerySet[Task]:
        """Return all of them."""
        return tasks


NAMES = tuple(TaskFilters.base_filters)
