"""The bodies of requests: what each field of a call takes."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from qc.api.v1.fields import LONGEST_ID
from qc.models import User
from qc.work.hand_back_reasons import LONGEST as LONGEST_REASON


@extend_schema_field({"type": ["integer", "string"]})
class PersonField(serializers.Field):
    """A person, by their id or name."""

    default_error_messages: ClassVar = {"none": _("There is no such person.")}

    def to_internal_value(self, data: Any) -> int:
        """Return the person's id."""
        if isinstance(data, bool) or not isinstance(data, int | str):
            self.fail("none")
        people = User.objects.all()
        text = str(data)
        if isinstance(data, int):
            is_id = text.isdigit() and len(text) <= LONGEST_ID
            people = people.filter(pk=data) if is_id else people.none()
        else:
            text = text.encode(errors="replace").decode().replace("\0", "")
            people = people.filter(username=text)
        person = people.values_list("pk", flat=True).first()
        if person is None:
            self.fail("none")
        return int(person)

    def to_representation(self, value: Any) -> Any:
        """Return it as it is."""
        return value


def _reason(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=LONGEST_REASON, **options)


class Nothing(serializers.Serializer[Any]):
    """Nothing: the call takes no data."""


class Reason(serializers.Serializer[Any]):
    """Why; it must be given."""

    reason = _reason()


class Remark(serializers.Serializer[Any]):
    """Why; it may be left out."""

    reason = _reason(required=False, allow_blank=True, default="")


class Assignment(serializers.Serializer[Any]):
    """Whom a task is given to, and why."""

    person = PersonField()
    reason = _reason()


class Next(serializers.Serializer[Any]):
    """Whose line a task is put in, and why; that may be left out."""

    person = PersonField()
    reason = _reason(required=False, allow_blank=True, default="")


class Start(serializers.Serializer[Any]):
    """The reference on the label in hand, where the task's queue demands a scan."""

    scanned = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)


class Comment(serializers.Serializer[Any]):
    """A comment; `@name` mentions somebody."""

    text = serializers.CharField()


class Changes(serializers.Serializer[Any]):
    """Why a task is changed; what is changed is beside it."""

    reason = _reason()
