"""Imports, as the schema describes them."""

from typing import Any

from rest_framework import serializers

from qc.models import ImportState


class ImportLineSchema(serializers.Serializer[Any]):
    """An import, as the list shows it."""

    id = serializers.IntegerField()
    file = serializers.CharField()
    state = serializers.ChoiceField(ImportState.choices)
    by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    only_good = serializers.BooleanField()
    rows = serializers.IntegerField()
    position = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    skipped = serializers.IntegerField()
    refused = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)


class ImportLinesSchema(serializers.Serializer[Any]):
    """A page of imports."""

    results = ImportLineSchema(many=True)
    next = serializers.URLField(allow_null=True)


class FaultSchema(serializers.Serializer[Any]):
    """What is wrong in a row."""

    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(allow_blank=True, allow_null=True)
    value = serializers.CharField(allow_blank=True, allow_null=True)
    message = serializers.CharField()


class ImportSchema(ImportLineSchema):
    """An import with its faults, how its file was read, and what is to be chosen."""

    sha256 = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    left_alone = serializers.IntegerField()
    faults = FaultSchema(many=True)
    read = serializers.DictField()
    notes = serializers.ListField(child=serializers.CharField())
    choices = serializers.ListField(child=serializers.DictField())


class RefusedImportSchema(serializers.Serializer[Any]):
    """The refusal of a file, with the import as it is now."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(required=False)  # type: ignore[assignment]
    # "import" is a word of Python's.
    vars()["import"] = ImportSchema(required=False)


class Beginning(serializers.Serializer[Any]):
    """Whether the valid rows are imported though others are refused."""

    only_good = serializers.BooleanField(required=False, default=False)
