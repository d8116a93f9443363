"""The filters of the list of tasks: each by a column that an index begins with."""

import django_filters
from django.db.models import QuerySet

from qc.api.v1.fields import ChoiceFilter, MomentFilter, PersonFilter, QueueFilter
from qc.models import Outcome, Priority, Status, Task
from qc.models.tasks import begins_with


class TaskFilters(django_filters.FilterSet):
    """The filters of tasks; `search` and `updated_since` are answered by their order."""

    status = ChoiceFilter(choices=Status.choices, help_text="The status.")
    queue = QueueFilter(help_text="A queue, by id or name.")
    priority = ChoiceFilter(choices=Priority.choices, help_text="The priority.")
    outcome = ChoiceFilter(choices=Outcome.choices, help_text="The outcome.")
    assignee = PersonFilter(help_text="Who holds or completed it, by id or name.")
    due_after = MomentFilter("due_at", "gte", help_text="Due at this moment or later.")
    due_before = MomentFilter("due_at", "lt", help_text="Due before this moment.")
    completed_after = MomentFilter(
        "completed_at", "gte", help_text="Completed at this moment or later."
    )
    completed_before = MomentFilter("completed_at", "lt", help_text="Completed before this moment.")
    created_after = MomentFilter("created_at", "gte", help_text="Created at this moment or later.")
    created_before = MomentFilter("created_at", "lt", help_text="Created before this moment.")
    reference = django_filters.CharFilter(help_text="The reference, whatever its case.")
    reference_begins = django_filters.CharFilter(
        method="begin_so", help_text="The beginning of the reference."
    )
    search = django_filters.CharFilter(
        method="leave",
        help_text="Words of reference, name and details, as the search of the page.",
    )
    updated_since = MomentFilter(
        method="leave", help_text="Changed since a moment, in the order of their changes."
    )

    class Meta:
        model = Task
        fields = ()

    def begin_so(self, tasks: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        """Return those whose reference begins so."""
        return tasks.filter(begins_with(value))

    def leave(self, tasks: QuerySet[Task], name: str, value: object) -> QuerySet[Task]:
        """Return all of them."""
        return tasks
