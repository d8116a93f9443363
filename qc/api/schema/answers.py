"""What the old calls answer, for the schema alone: `qc.api.answers` makes these answers."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from qc.models import ImportState, Outcome, OutcomeRule, Priority, Severity, Status


@extend_schema_field({"type": "object", "additionalProperties": True})
class AnyObject(serializers.JSONField):
    """An object with whatever keys there are."""


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
class Objects(serializers.JSONField):
    """A list of such objects."""


class HeldTaskPlan(serializers.Serializer[Any]):
    """The version of a check plan, and what it asks until the task is completed."""

    version = serializers.IntegerField()
    rule = serializers.ChoiceField(OutcomeRule.choices, required=False)
    pass_score = serializers.IntegerField(required=False)
    items = Objects(required=False)


@extend_schema_serializer(component_name="HeldTask")
class HeldTask(serializers.Serializer[Any]):
    """A task with everything its holder needs."""

    id = serializers.IntegerField()
    reference = serializers.CharField()
    name = serializers.CharField()
    queue = serializers.CharField()
    priority = serializers.ChoiceField(Priority.choices)
    due_at = serializers.DateTimeField()
    instructions = serializers.CharField(allow_blank=True)
    link = serializers.CharField(allow_blank=True)
    details = AnyObject()
    status = serializers.ChoiceField(Status.choices)
    assigned_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    completed_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, allow_blank=True)
    notes = serializers.CharField(allow_blank=True)
    draft = serializers.CharField(allow_blank=True)
    draft_outcome = serializers.ChoiceField(Outcome.choices, allow_blank=True)
    scan_to_start = serializers.BooleanField()
    plan = HeldTaskPlan(required=False)
    findings = AnyObject(required=False)
    lot_size = serializers.IntegerField(required=False)
    needs_defects = serializers.BooleanField(required=False)
    counts_quantities = serializers.BooleanField(required=False)
    inspected = serializers.IntegerField(required=False)
    rejected = serializers.IntegerField(required=False, allow_null=True)


class TaskLine(serializers.Serializer[Any]):
    """A task as everybody sees it."""

    id = serializers.IntegerField()
    reference = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)


class PersonAtWork(serializers.Serializer[Any]):
    """A person with the tasks that they hold."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    is_logged_in = serializers.BooleanField()
    is_free = serializers.BooleanField()
    break_reason = serializers.CharField(allow_blank=True)
    tasks = TaskLine(many=True)


class SignedInPerson(serializers.Serializer[Any]):
    """The person who has signed in."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    is_logged_in = serializers.BooleanField()
    is_free = serializers.BooleanField()
    break_reason = serializers.CharField(allow_blank=True)
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    capacity = serializers.IntegerField()


class Caller(SignedInPerson):
    """The caller, with their own tasks in full."""

    tasks = HeldTask(many=True)


class SignedIn(serializers.Serializer[Any]):
    """A token, and what its person has in hand."""

    token = serializers.CharField()
    expiry = serializers.DateTimeField(allow_null=True)
    user = SignedInPerson()
    tasks = HeldTask(many=True)


class Dashboard(serializers.Serializer[Any]):
    """Who is there with which tasks, and how many tasks wait."""

    me = Caller()
    people = PersonAtWork(many=True)
    pending = serializers.IntegerField()
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


@extend_schema_field({"oneOf": [{"$ref": "#/components/schemas/HeldTask"}, {"type": "null"}]})
class TaskOrNull(serializers.JSONField):
    """A task, or null where none waits for this person."""


class Completed(serializers.Serializer[Any]):
    """The completed task, until when that can be undone, and the next task."""

    completed = HeldTask()
    undo_until = serializers.DateTimeField(allow_null=True)
    next = TaskOrNull()


class Undone(serializers.Serializer[Any]):
    """The task, which is the caller's again."""

    task = HeldTask()


class Message(serializers.Serializer[Any]):
    """A sentence for people."""

    message = serializers.CharField()


class File(serializers.Serializer[Any]):
    """What is known of a file; its content has an address of its own."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    item = serializers.CharField(allow_blank=True)
    defect = serializers.CharField(allow_blank=True)
    content_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    added_by = serializers.CharField()
    added_at = serializers.DateTimeField()


class Files(serializers.Serializer[Any]):
    """The files of a task, the oldest first."""

    files = File(many=True)


class Code(serializers.Serializer[Any]):
    """A defect code as it is named in a check."""

    code = serializers.CharField()
    group = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    name_de = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(Severity.choices)


class Codes(serializers.Serializer[Any]):
    """The codes by which the check of a task names defects."""

    codes = Code(many=True)


class ImportAnswer(serializers.Serializer[Any]):
    """How far an import is, and what became of it."""

    id = serializers.IntegerField()
    file = serializers.CharField()
    sha256 = serializers.CharField()
    state = serializers.ChoiceField(ImportState.choices)
    by = serializers.CharField(allow_null=True)
    only_good = serializers.BooleanField()
    rows = serializers.IntegerField()
    position = serializers.IntegerField()
    counts = AnyObject()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    left_alone = serializers.IntegerField()
    skipped = serializers.IntegerField()
    refused = serializers.IntegerField()
    faults = Objects()
    error = serializers.CharField(allow_blank=True)
    read = AnyObject()
    notes = serializers.ListField(child=serializers.CharField())
    choices = Objects()


BYTES = OpenApiTypes.BINARY
