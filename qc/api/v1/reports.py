"""Reports: the figures of the pages *Reports*, for managers and auditors."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.serializers import Choice, validated
from qc.api.v1.base import V1View
from qc.api.v1.schemas import reports as schemas
from qc.api.v1.shapes import reports as shapes
from qc.models import Scope, Severity, User
from qc.reports import answers, defects, rates, report
from qc.reports.defects import By, DefectQuery
from qc.reports.report import Grouping, ReportQuery
from qc.reports.span import Span
from qc.web.report_filters import SpanFilters

SPAN = SpanFilters.PARAMS
LAST = OpenApiParameter("last", OpenApiTypes.DATE, description="The last day; usually today.")
OF_DAYS = [
    OpenApiParameter("first", OpenApiTypes.DATE, description="The first day; usually 7 days back."),
    LAST,
]
OF_SPAN = [*OF_DAYS, OpenApiParameter("queue", OpenApiTypes.INT64, description="Only this queue.")]
QUEUE = OpenApiParameter("queue", OpenApiTypes.INT64, required=True, description="The queue's id.")
OF_QUEUE = [*OF_DAYS, QUEUE]


class ColumnParams(serializers.Serializer[Any]):
    """What a report by columns needs."""

    column = serializers.CharField(
        required=False,
        default="",
        max_length=200,
        help_text="One of the sender's columns, for `by=column`.",
    )


class WorkParams(ColumnParams):
    """What a row of the report is about, and whose work."""

    by = Choice(
        Grouping.choices,
        required=False,
        default=Grouping.PERSON,
        help_text="What a row is about.",
    )
    person = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        help_text="Only the work of the person with this id.",
    )


class DefectParams(ColumnParams):
    """What defects are counted by, and which."""

    by = Choice(
        By.choices, required=False, default=By.CODE, help_text="What defects are counted by."
    )
    severity = Choice(Severity.choices, required=False, help_text="Only defects of this severity.")


class ReportView(V1View):
    """A report. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_REPORTS}
    params: ClassVar = {"GET": SPAN}
    form: ClassVar[type[SpanFilters]] = SpanFilters

    def span(self, request: Request) -> Span:
        """Return the span that is asked for. Raises NotAllowed, and ValidationError."""
        permissions.check_auditor(self.caller)
        form = self.form(request.query_params)
        if not form.is_valid():
            raise ValidationError(_messages(form))
        return form.span()


class WorkView(ReportView):
    """What was completed, how long it took and waited, and what was given back."""

    params: ClassVar = {"GET": (*SPAN, *WorkParams().fields)}

    @extend_schema(
        operation_id="report_of_work",
        summary="Report of completed tasks",
        description="By person, queue, day or a column: numbers, shares, medians, percentiles.",
        parameters=[*OF_SPAN, WorkParams],
        responses=schemas.WorkSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the report."""
        span, params = self.span(request), validated(WorkParams, request.query_params)
        person = params.get("person")
        if person and not User.objects.filter(pk=person).exists():
            raise ValidationError({"person": [_("There is no such person.")]})
        by, column = Grouping(params["by"]), params["column"]
        query = ReportQuery(by, span.first, span.last, span.queue, person, column)
        _check_column(by, column, lambda: report.columns(query))
        return Response(shapes.of_report(query, report.report(query)))


class RatesView(ReportView):
    """First-pass yield, rework share and rejected per million."""

    @extend_schema(
        operation_id="report_of_rates",
        summary="Report of what was right at once",
        description="First-pass yield, rework share and rejected units, with their intervals.",
        parameters=OF_SPAN,
        responses=schemas.RatesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the rates."""
        span = self.span(request)
        return Response(shapes.of_rates(span, rates.rates(span)))


class DefectsView(ReportView):
    """The most frequent defects."""

    params: ClassVar = {"GET": (*SPAN, *DefectParams().fields)}

    @extend_schema(
        operation_id="report_of_defects",
        summary="Report of defects",
        description="The most frequent ones, by code, group, severity, queue, person, day, column.",
        parameters=[*OF_SPAN, DefectParams],
        responses=schemas.ParetoSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the figures of a Pareto chart."""
        span, params = self.span(request), validated(DefectParams, request.query_params)
        by, column = By(params["by"]), params["column"]
        _check_column(by, column, lambda: defects.columns(span))
        query = DefectQuery(span, by, params.get("severity"), column)
        return Response(shapes.of_pareto(query, defects.pareto(query)))


class AnswersView(ReportView):
    """How the items of a queue's check plan were answered."""

    @extend_schema(
        operation_id="report_of_answers",
        summary="Report of answers",
        description="How each item of a queue's check plan was answered.",
        parameters=OF_QUEUE,
        responses=schemas.ItemsSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the items."""
        span = self.span(request)
        if span.queue is None:
            raise ValidationError({"queue": [_("Choose a queue: each has items of its own.")]})
        rows = answers.rows(span, answers.items(span.queue))
        return Response({**shapes.of_span(span), "rows": list(map(shapes.of_item, rows))})


def _messages(form: SpanFilters) -> dict[str, list[str]]:
    """Return what is wrong, by field; of the whole span, it is the first day's."""
    texts = {name: list(map(str, some)) for name, some in form.errors.items()}
    whole = texts.pop(NON_FIELD_ERRORS, [])
    return {**texts, SPAN[0]: whole} if whole else texts


def _check_column(by: str, column: str, names: Callable[[], list[str]]) -> None:
    """Raise ValidationError for a report by a column that names none; it says which there are."""
    if by == Grouping.COLUMN and not column:
        message = _("Name one of the sender's columns. Those of the newest tasks are: %s.")
        raise ValidationError({"column": [message % (", ".join(names()) or "–")]})


urlpatterns = [
    re_path(r"^reports/work/?$", WorkView.as_view(), name="v1_report_work"),
    re_path(r"^reports/rates/?$", RatesView.as_view(), name="v1_report_rates"),
    re_path(r"^reports/defects/?$", DefectsView.as_view(), name="v1_report_defects"),
    re_path(r"^reports/answers/?$", AnswersView.as_view(), name="v1_report_answers"),
]
