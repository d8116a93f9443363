"""What the schema says of tasks. These classes validate nothing."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers

from qc.api.v1.shapes.tasks import FIELDS
from qc.models import Outcome, Priority, Purpose, Status

Text = serializers.CharField
Moment = serializers.DateTimeField
Number = serializers.IntegerField


class TaskSchema(serializers.Serializer[Any]):
    """A task."""

    id = Number()
    reference = Text()
    name = Text()
    queue = Text()
    queue_id = Number()
    priority = serializers.ChoiceField(Priority.choices)
    raised = Number()
    due_at = Moment()
    instructions = Text(allow_blank=True)
    link = Text(allow_blank=True)
    details = serializers.JSONField()
    lot_size = Number(allow_null=True)
    status = serializers.ChoiceField(Status.choices)
    assignee = Text(allow_null=True)
    assignee_id = Number(allow_null=True)
    assigned_at = Moment(allow_null=True)
    started_at = Moment(allow_null=True)
    completed_at = Moment(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, allow_blank=True)
    notes = Text(allow_blank=True)
    inspected = Number(allow_null=True)
    rejected = Number(allow_null=True)
    purpose = serializers.ChoiceField(Purpose.choices, allow_blank=True)
    origin_id = Number(allow_null=True)
    next_for_id = Number(allow_null=True)
    created_at = Moment()
    created_by = Text(allow_null=True)

    class Meta:
        ref_name = "Task"


class TaskPage(serializers.Serializer[Any]):
    """A page of tasks."""

    results = TaskSchema(many=True)
    next = serializers.URLField(allow_null=True)
    until = Moment(required=False, help_text="Of `updated_since`: since when to ask next.")


class TaskAnswer(serializers.Serializer[Any]):
    """A task after its change."""

    task = TaskSchema()


class CompletedAnswer(serializers.Serializer[Any]):
    """A completed task, until when that can be undone, and the next task of its person."""

    task = TaskSchema()
    undo_until = Moment(allow_null=True)
    next = serializers.DictField(allow_null=True)


class NewTask(serializers.Serializer[Any]):
    """A task to create; what is optional is as an import has it."""

    reference = Text(max_length=64)
    name = Text(max_length=200)
    queue = Text(help_text="Its name or id.")
    priority = Text(required=False, allow_null=True, help_text="1 urgent … 4 low.")
    due_at = Moment(required=False, allow_null=True)
    instructions = Text(required=False, allow_blank=True)
    link = Text(required=False, allow_blank=True)
    lot_size = Number(required=False, allow_null=True)
    details = serializers.DictField(required=False)


NewTasks = PolymorphicProxySerializer(
    component_name="NewTasks",
    serializers=[NewTask, NewTask(many=True)],
    resource_type_field_name=None,
    many=False,
)


class TaskChanges(serializers.Serializer[Any]):
    """What is to be changed of a task, and why."""

    reason = Text(max_length=500)
    name = Text(required=False, max_length=200)
    queue = Text(required=False, help_text="Its name or id.")
    priority = Text(required=False, help_text="1 urgent … 4 low.")
    due_at = Moment(required=False)
    instructions = Text(required=False, allow_blank=True)
    link = Text(required=False, allow_blank=True)
    lot_size = Number(required=False, allow_null=True)
    details = serializers.DictField(required=False)


class PostedTask(serializers.Serializer[Any]):
    """What became of a task that was posted."""

    id = Number()
    reference = Text()
    result = serializers.ChoiceField(["created", "changed", "unchanged", "skipped"])


class Posted(serializers.Serializer[Any]):
    """What became of tasks that were posted."""

    created = Number()
    changed = Number()
    unchanged = Number()
    skipped = Number()
    tasks = PostedTask(many=True)


CUT = OpenApiParameter(
    "fields",
    str,
    description=f"The fields of each result, separated by commas: {', '.join(FIELDS)}.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the task as it was read.",
)
