"""Control charts, and the frozen baselines of their limits, for managers and auditors."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
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
from qc.api.v1.fields import QueueFilter, narrowed
from qc.api.v1.lists import ListView
from qc.api.v1.reports import LAST, QUEUE, SPAN, ReportView
from qc.api.v1.schemas import control_charts as schemas
from qc.api.v1.schemas.lists import filter_parameters, list_parameters
from qc.api.v1.shapes import control_charts as shapes
from qc.audit import baselines
from qc.models import Baseline, Scope
from qc.models.checks import LONGEST_KEY
from qc.reports import answers, chart_points
from qc.reports.chart_points import SIZES, USUAL_SIZE, ChartQuery
from qc.reports.control_charts import ChartKind
from qc.reports.span import Span
from qc.web.report_filters import A_MONTH, SpanFilters

OF_CHART = [
    OpenApiParameter(
        "first", OpenApiTypes.DATE, description="The first day; usually 30 days back."
    ),
    LAST,
    QUEUE,
]


class ChartFilters(SpanFilters):
    """The days of a chart, by default the last thirty, and its queue."""

    USUAL = A_MONTH

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)
        self.fields["queue"].required = True


class ChartParams(serializers.Serializer[Any]):
    """What a chart shows."""

    kind = Choice(
        ChartKind.choices,
        required=False,
        default=ChartKind.FAILED,
        help_text="What the chart shows.",
    )
    item = serializers.CharField(
        required=False,
        default="",
        max_length=LONGEST_KEY,
        help_text="Of charts of values: the key of an item that asks for a number.",
    )
    size = serializers.IntegerField(
        required=False,
        default=USUAL_SIZE,
        min_value=SIZES[0],
        max_value=SIZES[-1],
        help_text="Of `groups`: of how many checks each point is the mean.",
    )


class BaselineFilters(django_filters.FilterSet):
    """Which baselines are listed."""

    queue = QueueFilter(help_text="Only baselines of this queue, by its id or name.")

    class Meta:
        model = Baseline
        fields = ()


class ControlChartView(ReportView):
    """The points of a control chart, with the limits of its baseline."""

    params: ClassVar = {"GET": (*SPAN, *ChartParams().fields)}
    form = ChartFilters

    @extend_schema(
        operation_id="report_of_control_chart",
        summary="Control chart",
        description="The points of a queue's chart; of one with a frozen baseline with limits, "
        "and with the Western Electric rules by which a point stands out.",
        parameters=[*OF_CHART, ChartParams],
        responses=schemas.ControlChartSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the chart."""
        span, params = self.span(request), validated(ChartParams, request.query_params)
        query = _query(span, **params)
        points, baseline = chart_points.points(query), baselines.of(query)
        return Response(shapes.of_chart(query, points, baseline))


class BaselinesView(ListView):
    """Lists the frozen baselines. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_REPORTS}
    fields = tuple(schemas.BaselineSchema().fields)
    filters = tuple(BaselineFilters.base_filters)

    @extend_schema(
        operation_id="list_baselines",
        summary="List baselines",
        description="The baselines that are frozen now, from which control charts have limits.",
        parameters=[*filter_parameters(BaselineFilters), *list_parameters(fields)],
        responses=schemas.BaselinesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the baselines."""
        permissions.check_auditor(self.caller)
        found = narrowed(BaselineFilters, request, Baseline.objects.select_related("frozen_by"))
        return self.page(request, found, shapes.of_baseline, ("pk",))


def _query(span: Span, kind: str, item: str, size: int) -> ChartQuery:
    """Return the query of a chart. Raises ValidationError for values of no such item."""
    of = ChartKind(kind)
    if not of.is_of_values:
        return ChartQuery(of, span)
    keys = [one.key for one in answers.number_items(span.queue or 0)]
    if item not in keys:
        message = _("Name an item that asks for a number. Those of this queue are: %s.")
        raise ValidationError({"item": [message % (", ".join(keys) or "–")]})
    return ChartQuery(of, span, item, size if of == ChartKind.GROUPS else 0)


urlpatterns = [
    re_path(r"^reports/control/?$", ControlChartView.as_view(), name="v1_report_control"),
    re_path(r"^reports/baselines/?$", BaselinesView.as_view(), name="v1_report_baselines"),
]
