"""Defects: the codes by which they are named, and those that completed checks found."""

from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.v1.fields import FlagFilter, MomentFilter, QueueFilter, narrowed
from qc.api.v1.lists import ListView
from qc.api.v1.queues import visible_queues
from qc.api.v1.schemas import checks as schemas
from qc.api.v1.schemas.lists import filter_parameters, list_parameters
from qc.api.v1.shapes.checks import of_code, of_defect
from qc.models import Defect, DefectCode, Queue, Scope, User

# The order that the indexes of defects have, from each of which the newest are read.
NEWEST = ("-completed_at", "-code_id", "-id")


class CodeField(forms.CharField):
    """A defect code, whatever its case."""

    def to_python(self, value: Any) -> Any:
        """Return the code, None for an empty text. Raise ValidationError where there is none."""
        text = super().to_python(value)
        found = DefectCode.objects.filter(code=text.upper()).first() if text else None
        if text and found is None:
            raise forms.ValidationError(_("There is no defect code “%s”.") % text[:50])
        return found


class CodeFilter(django_filters.Filter):
    """A filter by a defect code."""

    field_class = CodeField


class CodeFilters(django_filters.FilterSet):
    """Which codes are listed."""

    queue = QueueFilter(
        method="applying", help_text="Only codes that apply in this queue, by its id or name."
    )
    active = FlagFilter("is_active", help_text="Only codes that are in use, or switched off.")

    class Meta:
        model = DefectCode
        fields = ()

    def applying(
        self, codes: QuerySet[DefectCode], name: str, value: Queue
    ) -> QuerySet[DefectCode]:
        """Return the codes that apply in a queue, also those that apply in all."""
        return codes.filter(_applies(queue=value))


class DefectFilters(django_filters.FilterSet):
    """Which defects are listed."""

    code = CodeFilter(help_text="A code, whatever its case.")
    queue = QueueFilter(help_text="Only defects in this queue, by its id or name.")
    since = MomentFilter("completed_at", "gte", help_text="Found at this moment or later.")
    until = MomentFilter("completed_at", "lt", help_text="Found before this moment.")

    class Meta:
        model = Defect
        fields = ()


class CodesView(ListView):
    """Lists defect codes. Managers and auditors see all, others those of queues they serve."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}
    fields = tuple(schemas.CodeSchema().fields)
    filters = tuple(CodeFilters.base_filters)

    @extend_schema(
        operation_id="list_defect_codes",
        summary="List defect codes",
        description="All of them, or those that apply in the queues that the caller serves.",
        parameters=[*filter_parameters(CodeFilters), *list_parameters(fields)],
        responses=schemas.CodesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the codes."""
        codes = narrowed(CodeFilters, request, _visible(self.caller))
        return self.page(request, codes.prefetch_related("queues"), of_code, ("pk",))


class DefectsView(ListView):
    """Lists the defects that completed checks found. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_REPORTS}
    fields = tuple(schemas.DefectSchema().fields)
    filters = tuple(DefectFilters.base_filters)

    @extend_schema(
        operation_id="list_defects",
        summary="List defects",
        description="What completed checks found, the newest first.",
        parameters=[*filter_parameters(DefectFilters), *list_parameters(fields)],
        responses=schemas.DefectsSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the defects."""
        permissions.check_auditor(self.caller)
        defects = Defect.objects.select_related("task", "code", "person")
        found = narrowed(DefectFilters, request, defects)
        return self.page(request, found.defer("task__details"), of_defect, NEWEST)


def _visible(user: User) -> Any:
    codes = DefectCode.objects.order_by()
    if permissions.is_auditor(user):
        return codes
    return codes.filter(_applies(queue__in=visible_queues(user).order_by().values("pk")))


def _applies(**queues: Any) -> Q:
    """Return the condition that a code applies to some queues: it names none, or one of them."""
    named = DefectCode.queues.through.objects.filter(defectcode=OuterRef("pk"))
    return Q(~Exists(named)) | Q(Exists(named.filter(**queues)))


urlpatterns = [
    re_path(r"^defect-codes/?$", CodesView.as_view(), name="v1_defect_codes"),
    re_path(r"^defects/?$", DefectsView.as_view(), name="v1_defects"),
]
