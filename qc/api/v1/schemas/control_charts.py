"""Control charts and baselines, as the schema describes them."""

from typing import Any

from rest_framework import serializers

from qc.api.v1.schemas.reports import SpanSchema
from qc.reports.control_charts import ChartKind, Rule


class BaselineSchema(serializers.Serializer[Any]):
    """The span from which a chart has its limits: centre ± 3 · spread / √n.

    A chart of values has an `item`, one of means of each n checks this n as `size`.
    """

    id = serializers.IntegerField()
    queue = serializers.IntegerField()
    kind = serializers.ChoiceField(ChartKind.choices)
    item = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    points = serializers.IntegerField()
    centre = serializers.FloatField()
    spread = serializers.FloatField()
    frozen_at = serializers.DateTimeField()
    frozen_by = serializers.CharField()


class BaselinesSchema(serializers.Serializer[Any]):
    """A page of baselines."""

    results = BaselineSchema(many=True)
    next = serializers.URLField(allow_null=True)


class PointSchema(serializers.Serializer[Any]):
    """A point: it stands for `n` checks, units or values, of which `hits` count.

    `at` is a day, or when its newest check was completed, whose task is `task`. `rules` are those
    by which it stands out: 1 beyond 3σ, 2 for 2 of 3 beyond 2σ, 3 for 4 of 5 beyond 1σ, 4 for 8 in
    a row, each on one side.
    """

    at = serializers.CharField()
    value = serializers.FloatField()
    n = serializers.IntegerField()
    hits = serializers.IntegerField(allow_null=True)
    task = serializers.CharField(allow_null=True)
    lower = serializers.FloatField(allow_null=True)
    upper = serializers.FloatField(allow_null=True)
    rules = serializers.ListField(child=serializers.ChoiceField(Rule.choices))


class ControlChartSchema(SpanSchema):
    """A control chart: its points, oldest first, and its baseline where one is frozen."""

    kind = serializers.ChoiceField(ChartKind.choices)
    item = serializers.CharField(allow_blank=True)
    size = serializers.IntegerField(allow_null=True)
    baseline = BaselineSchema(allow_null=True)
    points = PointSchema(many=True)
