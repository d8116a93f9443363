"""Checks, defects and files, as the schema describes them."""

from typing import Any

from rest_framework import serializers

from qc.api.schema.answers import Code, File
from qc.api.serializers import CheckData
from qc.models import Outcome, Severity
from qc.work.drafts import LONGEST


class FoundSchema(serializers.Serializer[Any]):
    """Defects of one code."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices, allow_null=True)
    quantity = serializers.IntegerField()
    note = serializers.CharField(allow_blank=True)
    item = serializers.CharField(allow_blank=True)


class CheckSchema(serializers.Serializer[Any]):
    """The check of a task: what is written so far, or of a completed one what was found."""

    task = serializers.IntegerField()
    status = serializers.CharField()
    plan = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()
    notes = serializers.CharField(allow_blank=True)
    answers = serializers.DictField(child=serializers.CharField(allow_blank=True))
    defects = FoundSchema(many=True)
    inspected = serializers.IntegerField(allow_null=True)
    rejected = serializers.IntegerField(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, allow_blank=True)
    findings = serializers.DictField(allow_null=True)


class Draft(CheckData):
    """What is kept of a check that goes on: parts that are left out stay as they are.

    `version` is the one that the draft is based on, as it was read.
    """

    notes = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST, trim_whitespace=False
    )
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class StaleSchema(serializers.Serializer[Any]):
    """The refusal of a draft that is based on an older one, with what is stored."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    stored = CheckSchema(required=False)


class CodeSchema(Code):
    """A defect code, as the list shows it."""

    id = serializers.IntegerField()
    is_active = serializers.BooleanField()
    queues = serializers.ListField(child=serializers.IntegerField())


class CodesSchema(serializers.Serializer[Any]):
    """A page of defect codes."""

    results = CodeSchema(many=True)
    next = serializers.URLField(allow_null=True)


class DefectSchema(serializers.Serializer[Any]):
    """Defects of one code that a completed check found."""

    id = serializers.IntegerField()
    task = serializers.IntegerField()
    reference = serializers.CharField()
    queue = serializers.IntegerField()
    person = serializers.CharField()
    completed_at = serializers.DateTimeField()
    code = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    quantity = serializers.IntegerField()
    item = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)


class DefectsSchema(serializers.Serializer[Any]):
    """A page of defects."""

    results = DefectSchema(many=True)
    next = serializers.URLField(allow_null=True)


class FilesSchema(serializers.Serializer[Any]):
    """All files of a task."""

    results = File(many=True)
    next = serializers.URLField(allow_null=True)
