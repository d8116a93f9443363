"""What the schema says of events. These classes validate nothing."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from qc.models import EventType


class EventSchema(serializers.Serializer[Any]):
    """What happened to a task, and the task as it was then."""

    id = serializers.CharField()
    type = serializers.ChoiceField(EventType.choices)
    timestamp = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]

    class Meta:
        ref_name = "Event"


class EventPage(serializers.Serializer[Any]):
    """Events, oldest first, and the cursor after which the next ones come."""

    events = EventSchema(many=True)
    next = serializers.CharField()


PARAMS = [
    OpenApiParameter("after", OpenApiTypes.STR, description="`next` of the answer before."),
    OpenApiParameter(
        "types", OpenApiTypes.STR, description=f"Some of {', '.join(EventType.values)}, by commas."
    ),
    OpenApiParameter("queue", OpenApiTypes.STR, description="A queue, by id or name."),
    OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 200 events, usually 50."),
    OpenApiParameter(
        "wait", OpenApiTypes.INT, description="Seconds to wait for an event: 0 to 25, usually 0."
    ),
]
