"""Draws the fields of forms: the usual ones in Python, all others by their templates.

The templates of Django and Unfold take five others for a field, and two for each option.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData

INPUTS = ("checkbox", "date", "email", "hidden", "number", "password", "text")
# What Unfold shows beside a text.
AROUND = ("prefix", "prefix_icon", "suffix", "suffix_icon")
BESIDE = (
    '<span class="material-symbols-outlined absolute group-[.primary]:text-white'
    " pointer-events-none mr-[12px] right-0 text-base-400 top-0 top-1/2 hover:text-base-700"
    ' dark:text-base-500 dark:hover:text-base-200 -translate-y-1/2">expand_more</span>'
)

Values = Mapping[str, Any]


class FormRenderer(DjangoTemplates):
    """Draws forms as Django's own renderer does, only quicker."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """Return what this template says of a field, its label or its errors."""
        drawn = DRAWN[template_name](context) if template_name in DRAWN else None
        return super().render(template_name, context, request) if drawn is None else drawn


def _input(context: Values) -> str:
    widget = context["widget"]
    value = widget["value"]
    stored = "" if value is None else f' value="{_text(value)}"'
    name = conditional_escape(widget["name"])
    return f'<input type="{widget["type"]}" name="{name}"{stored}{_attributes(widget["attrs"])}>'


def _text_field(context: Values) -> str | None:
    if any(context["widget"].get(name) for name in AROUND):
        return None
    return f'<div class="max-w-2xl relative w-full">{_input(context)}</div>'


def _textarea(context: Values) -> str:
    widget = context["widget"]
    text = conditional_escape(widget["value"] or "")
    opening = f'<textarea name="{conditional_escape(widget["name"])}"'
    return f"{opening}{_attributes(widget['attrs'])}>{text}</textarea>"


def _select(context: Values) -> str:
    widget = context["widget"]
    groups = "".join([_group(name, options) for name, options, _index in widget["optgroups"]])
    opening = f'<select name="{conditional_escape(widget["name"])}"'
    return f"{opening}{_attributes(widget['attrs'])}>{groups}</select>"


def _group(name: Any, options: list[dict[str, Any]]) -> str:
    shown = "".join([_option(one) for one in options])
    is_named = bool(name)
    return f'<optgroup label="{conditional_escape(name)}">{shown}</optgroup>' if is_named else shown


def _option(option: Values) -> str:
    label = conditional_escape(localize(option["label"]))
    value = _text(option["value"])
    return f'<option value="{value}"{_attributes(option["attrs"])}>{label}</option>\n'


def _select_field(context: Values) -> str:
    return f'<div class="grow relative max-w-2xl">{_select(context)}{BESIDE}</div>'


def _label(context: Values) -> str:
    label = str(conditional_escape(context["label"]))
    if not context["use_tag"]:
        return label
    tag = context["tag"]
    return f"<{tag}{_attributes(context['attrs'] or {})}>{label}</{tag}>"


def _no_errors(context: Values) -> str | None:
    return None if context["errors"] else ""


def _attributes(attributes: Values) -> str:
    """Return the attributes of a tag: True is one without a value, False is none."""
    given = [(name, value) for name, value in attributes.items() if value is not False]
    return "".join(
        [f" {name}" if value is True else f' {name}="{_text(value)}"' for name, value in given]
    )


def _text(value: Any) -> str:
    """Return a value as it stands in an attribute, a number in no language."""
    return str(conditional_escape(value if isinstance(value, SafeData) else str(value)))


DRAWN: dict[str, Callable[[Values], str | None]] = {
    **dict.fromkeys([f"django/forms/widgets/{kind}.html" for kind in INPUTS], _input),
    "django/forms/errors/list/ul.html": _no_errors,
    "django/forms/label.html": _label,
    "django/forms/widgets/select.html": _select,
    "unfold/widgets/select.html": _select_field,
    "unfold/widgets/text.html": _text_field,
    "unfold/widgets/textarea.html": _textarea,
}
