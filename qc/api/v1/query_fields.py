"""Query parameters by id or name, and moments, for serializers."""

from typing import Any

from django import forms
from rest_framework import serializers

from qc.api.v1.fields import MomentField, QueueField


class _FormField(serializers.CharField):
    """A text that a field of a form reads."""

    form_field: type[forms.Field]

    def to_internal_value(self, data: Any) -> Any:
        """Return what the field makes of it. Raises ValidationError with its message."""
        try:
            return self.form_field(required=False).clean(super().to_internal_value(data))
        except forms.ValidationError as refusal:
            raise serializers.ValidationError(refusal.messages) from refusal


class QueueParam(_FormField):
    """A queue by its id or name."""

    form_field = QueueField


class MomentParam(_FormField):
    """A moment in ISO 8601, with its time zone."""

    form_field = MomentField
