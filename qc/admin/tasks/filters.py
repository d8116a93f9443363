"""The filters of the task list."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from qc.core import local_days
from qc.models import Purpose, Task
from qc.models.tasks import detail

LATENESS = ("yes", "no", "open")
INSPECTION = "inspection"


def due(late: str) -> Q:
    """Return the condition for tasks that are past due ("yes"), in time ("no"), or any ("open")."""
    now = timezone.now()
    if late == "open":
        return Q()
    return Q(due_at__lt=now) if late == "yes" else Q(due_at__gte=now)


def in_days(column: str, params: Mapping[str, str]) -> Q:
    """Return the condition for a moment from one local day to another, both included."""
    first, last = (parse_date_str(params.get(f"{column}_{end}", "")) for end in ("from", "to"))
    return local_days.within(column, first, last)


class LateFilter(DropdownFilter):
    """A filter for unfinished tasks: past due, in time, or all."""

    title = _("due")
    parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("yes", _("Late")), ("no", _("In time")), ("open", _("Open"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Return the unfinished tasks that are late, in time, or all of them."""
        late = self.value()
        return queryset.filter(due(late), status__in=Task.LIVE) if late in LATENESS else queryset


class PurposeFilter(DropdownFilter):
    """A filter by why tasks are there; inspections have no word for it in the database."""

    title = _("purpose")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [(one.value or INSPECTION, one.label) for one in Purpose]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Return the tasks of a purpose."""
        purposes = {one.value or INSPECTION: one for one in Purpose}
        purpose = purposes.get(str(self.value()))
        return queryset if purpose is None else queryset.filter(purpose=purpose)


class DetailFilter(TextFilter):
    """A filter by what the sender's file has in one of its own columns."""

    title = _("detail (column=value)")
    parameter_name = "detail"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Return the tasks with exactly this value; all where it is not `column=value`."""
        column, equals, value = str(self.value() or "").partition("=")
        if not (column.strip() and equals):
            return queryset
        return queryset.alias(detail=detail(column.strip())).filter(detail=value.strip())


class DaysFilter(RangeDateFilter):
    """A filter from one local day to another, both included."""

    def __init__(self, field: Any, request: HttpRequest, params: Any, *args: Any, **kw: Any):
        names = (f"{kw['field_path']}_from", f"{kw['field_path']}_to")
        # A form sent again also has its earlier values in the address: the last ones count.
        values = {name: params[name][-1] for name in names if name in params}
        params.update({name: [value] for name, value in values.items()})
        super().__init__(field, request, params, *args, **kw)
        self.used_parameters.update(values)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Return the tasks of these days."""
        return queryset.filter(in_days(str(self.parameter_name), self.used_parameters))
