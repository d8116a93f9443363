"""The fields of the API's requests and responses."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from qc.core.localization import local
from qc.models import Outcome, Task, User


def validated(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the values in the data of a request. Raises ValidationError, which names fields."""
    values = serializer(data=data)
    values.is_valid(raise_exception=True)
    return values.validated_data


class Credentials(serializers.Serializer[Any]):
    """The data of signing in."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class Completion(serializers.Serializer[Any]):
    """The data of completing a task; without notes, the draft written on the page is kept.

    `scanned` is the reference on the label in hand, where the queue demands a scan.
    """

    outcome = serializers.ChoiceField(Outcome.choices, required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    scanned = serializers.CharField(required=False, allow_blank=True, max_length=64)


class Flags(serializers.Serializer[Any]):
    """The filters for the people on the dashboard."""

    logged_in = serializers.BooleanField(required=False, allow_null=True, default=None)
    free = serializers.BooleanField(required=False, allow_null=True, default=None)


class DueField(serializers.DateTimeField):
    """When a task is due, whatever is stored."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """Return the moment by local clocks, where they have it."""
        return local(value)


class TaskSerializer(serializers.ModelSerializer[Task]):
    """A task with everything its holder needs."""

    queue = serializers.CharField(source="queue.name")
    scan_to_start = serializers.BooleanField(source="queue.scan_to_start")
    due_at = DueField(read_only=True)

    class Meta:
        model = Task
        fields = (
            "id",
            "reference",
            "name",
            "queue",
            "priority",
            "due_at",
            "instructions",
            "link",
            "details",
            "status",
            "assigned_at",
            "started_at",
            "completed_at",
            "outcome",
            "notes",
            "draft",
            "draft_outcome",
            "scan_to_start",
        )


class TaskLine(serializers.ModelSerializer[Task]):
    """A task as others see it."""

    class Meta:
        model = Task
        fields = ("id", "reference", "name", "status")


class PersonSerializer(serializers.ModelSerializer[User]):
    """A person as others see them; the query must have prefetched their tasks as `open_now`."""

    is_free = serializers.SerializerMethodField()
    tasks = TaskLine(many=True, source="open_now")

    class Meta:
        model = User
        fields = ("id", "username", "is_logged_in", "is_free", "break_reason", "tasks")

    def get_is_free(self, person: Any) -> bool:
        """Return whether they can get a task: signed in, not on break, below their capacity."""
        return bool(person.is_free(len(person.open_now)))


class MeSerializer(PersonSerializer):
    """The caller, with their own tasks in full."""

    tasks = TaskSerializer(many=True, source="open_now")  # type: ignore[assignment]

    class Meta(PersonSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *PersonSerializer.Meta.fields,
            "first_name",
            "last_name",
            "capacity",
        )
