"""How the fields of a form look on a page, for forms that calls of the API use too."""

from collections.abc import Mapping
from typing import Any

from django import forms


def give_widgets(form: forms.Form, widgets: Mapping[str, Any]) -> None:
    """Give fields of a form their widgets, by the names of the fields."""
    for name, widget in widgets.items():
        field = form.fields[name]
        widget.is_required = field.required
        if isinstance(field, forms.ChoiceField):
            widget.choices = field.choices
        field.widget = widget
