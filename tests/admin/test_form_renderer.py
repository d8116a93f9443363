"""Fields drawn in Python are those of the templates in whose place they are, to the letter."""

import re
from copy import deepcopy
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import SafeString
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from qc.admin.shared.form_renderer import FormRenderer

SHARP = '<b>"it\'s" & more'
CHOICES = [("", "---"), (1, SHARP), (True, SafeString("<i>is</i>")), ("Large", [(2000, 3000)])]
# Widgets, each with a value.
DRAWN: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput({"title": SHARP}), SHARP),
    (forms.HiddenInput(), None),
    (forms.NumberInput({"step": 0.5, "max": 1000}), 1234),
    (forms.EmailInput({"required": True, "disabled": False}), ""),
    (forms.PasswordInput(), "secret"),
    (forms.CheckboxInput(), True),
    (forms.DateInput(), "2026-11-30"),
    (forms.Select({"multiple": True}, CHOICES), "1"),
    (UnfoldAdminSelectWidget({"autofocus": True}, CHOICES), 2000),
    (UnfoldAdminTextInputWidget(), SHARP),
    (UnfoldAdminTextInputWidget({"prefix": "€"}), "5"),
    (UnfoldAdminTextareaWidget(), f"one\n{SHARP}"),
    (UnfoldAdminTextareaWidget(), None),
]


class OrderForm(forms.Form):
    """A form with an error in one field."""

    number = forms.IntegerField(label=SHARP, min_value=1000)
    note = forms.CharField(required=False)


@pytest.mark.parametrize(("widget", "value"), DRAWN)
def test_widget_is_drawn_as_by_its_template(widget: forms.Widget, value: Any) -> None:
    drawn = [
        deepcopy(widget).render("its <name>", value, {"id": "id_1"}, renderer)
        for renderer in (FormRenderer(), DjangoTemplates())
    ]
    assert _plain(drawn[0]) == _plain(drawn[1])


@pytest.mark.parametrize("auto_id", [True, False])
def test_label_and_errors_are_drawn_as_by_their_templates(auto_id: bool) -> None:
    data = {"number": "5"}
    both = [
        OrderForm(data, auto_id=auto_id, renderer=renderer)
        for renderer in (FormRenderer(), DjangoTemplates())
    ]
    assert _plain(both[0].as_p()) == _plain(both[1].as_p())
    assert "1000" in str(both[0]["number"].errors)


def _plain(html: str) -> str:
    """Return HTML without the blanks between its tags, which nobody sees."""
    return re.sub(r"\s*([<>])\s*", r"\1", html)
