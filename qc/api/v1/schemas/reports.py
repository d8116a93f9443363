"""Reports, as the schema describes them."""

from typing import Any

from rest_framework import serializers


class SpanSchema(serializers.Serializer[Any]):
    """The days of a report, both included, and its queue."""

    first = serializers.DateField()
    last = serializers.DateField()
    queue = serializers.IntegerField(allow_null=True)


class TimesSchema(serializers.Serializer[Any]):
    """How long something took, in seconds: the median and the 90th percentile of `number` tasks."""

    median = serializers.FloatField(allow_null=True)
    ninety = serializers.FloatField(allow_null=True)
    number = serializers.IntegerField()


class WorkRowSchema(serializers.Serializer[Any]):
    """The figures of a person, a queue, a day or a value of a column."""

    key = serializers.JSONField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    failed_share = serializers.FloatField(allow_null=True)
    released = serializers.IntegerField()
    returned = serializers.IntegerField()
    handling = TimesSchema()
    waiting = TimesSchema()
    reasons = serializers.DictField(child=serializers.IntegerField())


class WorkSchema(SpanSchema):
    """What was completed, how long it took and waited, and what was given back."""

    by = serializers.CharField()
    column = serializers.CharField(allow_blank=True)
    person = serializers.IntegerField(allow_null=True)
    rows = WorkRowSchema(many=True)
    total = WorkRowSchema()
    left_out = serializers.IntegerField()
    is_sampled = serializers.BooleanField()


class RateSchema(serializers.Serializer[Any]):
    """So many hits in so many cases, with the interval in which the true share probably lies."""

    hits = serializers.IntegerField()
    cases = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    per_million = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class RatesSchema(SpanSchema):
    """What was right at once."""

    first_pass = RateSchema()
    rework = RateSchema()
    rejected = RateSchema()


class ParetoRowSchema(serializers.Serializer[Any]):
    """Defects of one kind: how many, in how many checks, their share, and that up to here."""

    key = serializers.JSONField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    quantity = serializers.IntegerField()
    tasks = serializers.IntegerField()
    share = serializers.FloatField()
    cumulative = serializers.FloatField()


class ParetoSchema(SpanSchema):
    """The most frequent defects."""

    by = serializers.CharField()
    column = serializers.CharField(allow_blank=True)
    severity = serializers.IntegerField(allow_null=True)
    rows = ParetoRowSchema(many=True)
    total = serializers.IntegerField()
    others = serializers.IntegerField()


class ItemRowSchema(serializers.Serializer[Any]):
    """How an item of a check plan was answered."""

    item = serializers.CharField()
    question = serializers.CharField()
    answers = serializers.IntegerField()
    not_ok = RateSchema()
    not_applicable = serializers.IntegerField()
    least = serializers.FloatField(allow_null=True)
    mean = serializers.FloatField(allow_null=True)
    most = serializers.FloatField(allow_null=True)


class ItemsSchema(SpanSchema):
    """How the items of a queue's check plan were answered."""

    rows = ItemRowSchema(many=True)
