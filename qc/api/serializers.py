"""The fields of the API's requests; `qc.api.answers` has those of its answers."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from typing import Any

from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from qc.checks.check_input import CheckInput, FoundDefect
from qc.core import wording
from qc.imports.completion import LONGEST_PREFIX
from qc.imports.reading import WITH, WITHOUT
from qc.models import Outcome, Severity
from qc.models.checks import LONGEST_KEY, LONGEST_VALUE

CHECK = ("answers", "defects", "inspected", "rejected")
# What a column of quantities takes.
LARGEST = 2**31 - 1
MOST_DEFECTS = 200
# So many fields that there are not are named in a refusal.
MOST_NAMED = 100

_surrogates = ProhibitSurrogateCharactersValidator()

# Made once: they keep nothing of what they validate.
_made = cache(lambda serializer: serializer())


def validated(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the values in the data of a request. Raises ValidationError, which names fields."""
    return _made(serializer).run_validation(data)


def validated_exactly(serializer: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return the values in the data of a request, as `validated` does.

    Raises ValidationError also for fields that the serializer has not: one that is misspelt would
    be left out unnoticed.
    """
    if unknown := dict(islice(_unknown("", _made(serializer), data), MOST_NAMED)):
        raise serializers.ValidationError(unknown)
    return validated(serializer, data)


def _unknown(name: str, field: Any, data: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the whole name of each field that there is not, with those that there are."""
    if isinstance(field, serializers.ListSerializer):
        for at, one in enumerate(data if isinstance(data, list) else ()):
            yield from _unknown(f"{name}.{at}", field.child, one)
    elif isinstance(field, serializers.Serializer) and isinstance(data, Mapping):
        allowed = wording.no_such_field(field.fields)
        for key, value in data.items():
            part = f"{name}.{key}" if name else str(key)
            if key in field.fields:
                yield from _unknown(part, field.fields[key], value)
            else:
                yield part, [allowed]


class Credentials(serializers.Serializer[Any]):
    """The data of signing in; `code` is of the second factor of who has one."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(required=False, allow_blank=True, max_length=20)


class Choice(serializers.ChoiceField):
    """One of some values, which a refusal names."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the value. Raise ValidationError for another one."""
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError:
            raise serializers.ValidationError(wording.allowed(self.choices)) from None


class DefectFound(serializers.Serializer[Any]):
    """Defects of one code; without a severity they have that of the code."""

    code = serializers.CharField(max_length=LONGEST_KEY)
    severity = Choice(Severity.choices, required=False, allow_null=True)
    quantity = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST)
    note = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_VALUE)
    item = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_KEY)


def check_keys(answers: Mapping[str, Any]) -> None:
    """Raise ValidationError for keys that no database and no answer can have."""
    for key in answers:
        _surrogates(key)


class CheckData(serializers.Serializer[Any]):
    """A check as it is sent: `answers`, `defects`, `inspected` and `rejected` are parts of it."""

    answers = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=LONGEST_VALUE),
        required=False,
        validators=[check_keys],
    )
    defects = DefectFound(many=True, required=False, max_length=MOST_DEFECTS)  # type: ignore[call-arg]
    inspected = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)
    rejected = serializers.IntegerField(required=False, min_value=0, max_value=LARGEST)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        """Return the values, with all of the check as `check`. Raise ValidationError.

        Its errors are named as the domain names them: `answers.<key>`, `defects.<n>.<field>`.
        """
        try:
            values: dict[str, Any] = super().run_validation(data)
        except serializers.ValidationError as refusal:
            raise serializers.ValidationError(dict(_flat("", refusal.detail))) from None
        parts = {name: values.pop(name) for name in CHECK if name in values}
        if parts:
            found = [FoundDefect(**one) for one in parts.get("defects", ())]
            values["check"] = CheckInput(**parts | {"defects": tuple(found)})
        return values


class Completion(CheckData):
    """The data of completing a task; without notes, the draft written on the page is kept.

    So it is with the check. `scanned` is the reference on the label in hand, where the queue
    demands a scan.
    """

    outcome = Choice(Outcome.choices, required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=10_000)
    scanned = serializers.CharField(required=False, allow_blank=True, max_length=64)


def _flat(name: str, detail: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the messages of a refusal with the whole name of each; parts are counted from 0."""
    parts = enumerate(detail) if isinstance(detail, list) else detail.items()
    if isinstance(detail, list) and not any(isinstance(one, dict) for one in detail):
        yield name, detail
        return
    for part, inside in parts:
        yield from _flat(f"{name}.{part}" if name else str(part), inside)


class Flags(serializers.Serializer[Any]):
    """The filters for the people on the dashboard."""

    logged_in = serializers.BooleanField(required=False, allow_null=True, default=None)
    free = serializers.BooleanField(required=False, allow_null=True, default=None)


class Place(serializers.Serializer[Any]):
    """Where a file belongs: an item of the task's plan, a defect's code, or the task itself."""

    item = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="The key of an item of the plan."
    )
    defect = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="A defect's code."
    )


class NewFile(Place):
    """A file, and where it belongs."""

    file = serializers.FileField()


class Removal(serializers.Serializer[Any]):
    """The data of removing a file; managers must give a reason."""

    reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=400)


class ImportOptions(serializers.Serializer[Any]):
    """How a file is to be imported, and how it is read (`qc.imports.options`)."""

    dry_run = serializers.BooleanField(default=False)
    only_good = serializers.BooleanField(default=False)
    queue = serializers.CharField(required=False)
    priority = serializers.CharField(required=False)
    due = serializers.CharField(required=False)
    day_first = serializers.BooleanField(required=False, allow_null=True, default=None)
    encoding = serializers.CharField(required=False)
    sheet = serializers.CharField(required=False)
    header_row = serializers.IntegerField(required=False, min_value=0)
    map = serializers.ListField(child=serializers.CharField(), required=False)
    key = serializers.CharField(required=False)
    number = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_PREFIX)
    hidden_rows = Choice((WITH, WITHOUT), required=False)
    ignore_stray_cells = serializers.BooleanField(required=False, allow_null=True, default=None)
    word = serializers.ListField(child=serializers.CharField(), required=False)
    queue_name = serializers.ListField(child=serializers.CharField(), required=False)


class NewImport(ImportOptions):
    """A file, and how it is to be imported."""

    file = serializers.FileField()
