"""The values of form fields as people read them."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _

from qc.admin.shared.duration_field import duration_in_units
from qc.core.localization import local
from qc.imports.validation import text_of

NOTHING = "–"
LONGEST = 300


def shown(field: Any, value: Any) -> str:
    """Return a value of a form's field as people read it."""
    if value in field.empty_values:
        return NOTHING
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(_item(field, one) for one in value)) or NOTHING
    if isinstance(field, forms.ModelChoiceField):
        return _item(field, value)
    if isinstance(field, forms.ChoiceField | forms.TypedChoiceField):
        return str(dict(_flat(field.choices)).get(str(value), value))
    return Truncator(_plain(value)).chars(LONGEST)


def _item(field: Any, value: Any) -> str:
    if not isinstance(value, models.Model):
        value = field.queryset.model._default_manager.filter(pk=value).first()
    return field.label_from_instance(value) if value is not None else NOTHING


def _flat(choices: Any) -> list[tuple[str, Any]]:
    """Return choices without their groups."""
    pairs: list[tuple[str, Any]] = []
    for value, label in choices:
        inner = isinstance(label, list | tuple)
        pairs += _flat(label) if inner else [(str(value), label)]
    return pairs


def _plain(value: Any) -> str:
    """Return a single value; the lines of a text are told apart on one line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(local(value) if is_aware(value) else value, "Y-m-d H:i")
    if isinstance(value, timedelta):
        return duration_in_units(value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text_of(one)}" for name, one in value.items())
    if isinstance(value, list):
        return text_of(value)
    return "; ".join(line for line in str(value).splitlines() if line.strip())
