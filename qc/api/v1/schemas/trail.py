"""The audit trail, as the schema describes it."""

from typing import Any

from rest_framework import serializers


class TrailRowSchema(serializers.Serializer[Any]):
    """A row of the trail: who did what, when, why and through which channel.

    `who` and `whom` are as they were called then, `who_now` and `whom_now` as they are called now.
    """

    id = serializers.IntegerField()
    table = serializers.CharField()
    moment = serializers.DateTimeField()
    kind = serializers.CharField()
    who = serializers.CharField(allow_blank=True)
    who_now = serializers.CharField(allow_blank=True)
    whom = serializers.CharField(allow_blank=True)
    whom_now = serializers.CharField(allow_blank=True)
    task = serializers.CharField(allow_blank=True)
    queue = serializers.CharField(allow_blank=True)
    through = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    request_id = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField()


class TrailSchema(serializers.Serializer[Any]):
    """A page of the trail, which may be short: then `next` goes on with the search."""

    results = TrailRowSchema(many=True)
    next = serializers.URLField(allow_null=True)
