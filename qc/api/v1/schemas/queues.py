"""Queues and check plans, as the schema describes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from qc.models import AnswerKind, OutcomeRule


class QueueSchema(serializers.Serializer[Any]):
    """A queue, and how much is in it now."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    other_names = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(allow_blank=True)
    is_paused = serializers.BooleanField()
    is_closed = serializers.BooleanField()
    merged_into = serializers.IntegerField(allow_null=True)
    open_to_all = serializers.BooleanField()
    target_seconds = serializers.IntegerField()
    scan_to_start = serializers.BooleanField()
    needs_defects = serializers.BooleanField()
    counts_quantities = serializers.BooleanField()
    reasons = serializers.ListField(child=serializers.CharField())
    waiting = serializers.IntegerField()
    assigned = serializers.IntegerField()
    people = serializers.IntegerField()
    plan = serializers.IntegerField(allow_null=True)


class QueuesSchema(serializers.Serializer[Any]):
    """A page of queues."""

    results = QueueSchema(many=True)
    next = serializers.URLField(allow_null=True)


@extend_schema_serializer(component_name="PauseReason")
class Reason(serializers.Serializer[Any]):
    """Why something is done."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=400)


class PlanSchema(serializers.Serializer[Any]):
    """Which version of a check plan a queue has now."""

    queue = serializers.IntegerField()
    queue_name = serializers.CharField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    items = serializers.IntegerField()


class PlansSchema(serializers.Serializer[Any]):
    """A page of check plans."""

    results = PlanSchema(many=True)
    next = serializers.URLField(allow_null=True)


class OptionSchema(serializers.Serializer[Any]):
    """A choice of an item."""

    value = serializers.CharField()
    is_ok = serializers.BooleanField()


class ConditionSchema(serializers.Serializer[Any]):
    """An item is asked only where another one has one of these answers."""

    item = serializers.CharField()
    answers = serializers.ListField(child=serializers.CharField())


class ItemSchema(serializers.Serializer[Any]):
    """A question of a check plan; what it does not need, it does not have."""

    key = serializers.CharField()
    question = serializers.CharField()
    kind = serializers.ChoiceField(AnswerKind.choices)
    section = serializers.CharField(required=False)
    help = serializers.CharField(required=False)
    picture = serializers.CharField(required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    critical = serializers.BooleanField(required=False)
    weight = serializers.IntegerField(required=False)
    options = OptionSchema(many=True, required=False)
    unit = serializers.CharField(required=False)
    lower = serializers.CharField(required=False)
    upper = serializers.CharField(required=False)
    decimals = serializers.IntegerField(required=False)
    only_if = ConditionSchema(required=False)


class VersionSchema(serializers.Serializer[Any]):
    """A version of a check plan."""

    queue = serializers.IntegerField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    rule = serializers.ChoiceField(OutcomeRule.choices)
    pass_score = serializers.IntegerField()
    items = ItemSchema(many=True)
