"""Query parameters as filters of rows: flags, moments, and people and queues by id or name."""

from datetime import datetime
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from qc.core import wording
from qc.core.local_days import YEARS
from qc.models import Queue, User

# No id is larger.
LONGEST_ID = 18

_flag = serializers.BooleanField(allow_null=True)


class FlagField(forms.CharField):
    """Yes or no, in the words that serializers take."""

    def to_python(self, value: Any) -> Any:
        """Return it, None for an empty text. Raise ValidationError for anything else."""
        try:
            return _flag.run_validation(super().to_python(value))
        except ValidationError as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


class FlagFilter(django_filters.Filter):
    """A filter by yes or no."""

    field_class = FlagField


class MomentField(forms.CharField):
    """A moment in ISO 8601, with its time zone."""

    default_error_messages: ClassVar = {
        "invalid": _("Send a moment with its time zone, such as 2026-11-30T14:30:00Z.")
    }

    def to_python(self, value: Any) -> Any:
        """Return the moment. A plus sign that was not escaped is a blank by now."""
        text = super().to_python(value)
        if not text:
            return None
        moment = _parsed(text.replace(" ", "+") if "T" in text else text)
        if moment is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return moment


class MomentFilter(django_filters.Filter):
    """A filter by a moment."""

    field_class = MomentField


class ChoiceField(django_filters.fields.ChoiceField):
    """One of some values, which a refusal names."""

    def validate(self, value: Any) -> None:
        """Raise ValidationError for another value."""
        try:
            super().validate(value)
        except forms.ValidationError:
            values = [one for one, _label in self.choices if one != ""]
            raise forms.ValidationError(wording.allowed(values)) from None


class ChoiceFilter(django_filters.ChoiceFilter):
    """A filter by one of some values."""

    field_class = ChoiceField


class ItemField(forms.CharField):
    """An object of a model by its id, or by what people call it."""

    model: type[Model]
    name: str

    def to_python(self, value: Any) -> Any:
        """Return the object, None for an empty text. Raise ValidationError where there is none."""
        text = super().to_python(value)
        if not text:
            return None
        is_id = text.isascii() and text.isdigit() and len(text) <= LONGEST_ID
        wanted = Q(**{self.name: text}) | (Q(pk=int(text)) if is_id else Q())
        rows = self.model._default_manager.filter(wanted).order_by("pk")
        # Where one is called by a number, the id goes before the name.
        found = {row.pk: row for row in rows[:2]}
        if not found:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found.get(int(text)) if is_id and int(text) in found else next(iter(found.values()))


class QueueField(ItemField):
    """A queue by its id or name."""

    model, name = Queue, "name"
    default_error_messages: ClassVar = {"invalid": _("There is no such queue.")}


class PersonField(ItemField):
    """A person by their id or name."""

    model, name = User, "username"
    default_error_messages: ClassVar = {"invalid": _("There is no such person.")}


class QueueFilter(django_filters.Filter):
    """A filter by a queue."""

    field_class = QueueField


class PersonFilter(django_filters.Filter):
    """A filter by a person."""

    field_class = PersonField


def narrowed(
    filters: type[django_filters.FilterSet], request: Request, rows: QuerySet[Any]
) -> QuerySet[Any]:
    """Return the rows that fit all filters of a request. Raises ValidationError.

    An empty filter is none.
    """
    found = filters(request.query_params, queryset=rows)
    filtered(found)
    return found.qs


def filtered(filters: django_filters.FilterSet) -> dict[str, Any]:
    """Return the values of the parameters that are there. Raises ValidationError."""
    if not filters.form.is_valid():
        raise ValidationError({name: list(texts) for name, texts in filters.form.errors.items()})
    values = filters.form.cleaned_data
    return {name: value for name, value in values.items() if value not in (None, "")}


def _parsed(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    is_known = moment is not None and moment.tzinfo is not None and moment.year in YEARS
    return moment if is_known else None
