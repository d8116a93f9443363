"""The details of a task as fields of a form: a name and a value in each row, in their order.

Between the page and the form they are one text, a JSON list of pairs: a list keeps what no
dictionary can, such as two rows of one name, so that the form shows them again beside the error.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES

from qc.imports.validation import text_of

# MariaDB reads JSON to a depth of 32.
DEEPEST = 30
MOST_LINES = 8

Pair = tuple[str, Any]


class Row(NamedTuple):
    """A row as it is shown; `kept` is the pair as it is stored, with the kind of its value."""

    name: str
    value: str
    lines: int
    kept: str


class DetailsWidget(forms.Widget):
    """A row for each detail, which can be marked as removed, and an empty one for a new detail."""

    template_name = "qc/tasks/details_field.html"

    class Media:
        css = {"all": ["qc/tasks/details.css"]}  # noqa: RUF012
        js = ("qc/tasks/details.js",)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Return what the template shows."""
        context = super().get_context(name, value, attrs)
        rows = [_row(*pair) for pair in _pairs(value)]
        context["widget"] |= {"rows": rows, "spare": len(rows), "classes": " ".join(INPUT_CLASSES)}
        return context

    def id_for_label(self, id_: str) -> str:
        """Return "": each row has labels of its own."""
        return ""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether no row was sent, as by a form that doesn't show the details."""
        return not _numbers(data, name)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Return the rows that were sent, as a JSON list of names and values."""
        rows = (_sent(data, f"{name}-{number}") for number in _numbers(data, name))
        return json.dumps([row for row in rows if row is not None])


class DetailsField(forms.Field):
    """The sender's own columns: names and values."""

    widget = DetailsWidget

    def __init__(self, *, encoder: Any = None, decoder: Any = None, **options: Any) -> None:
        super().__init__(**options)

    def to_python(self, value: Any) -> dict[str, Any]:
        """Return names and values. Raise ValidationError for what can't be kept."""
        details: dict[str, Any] = {}
        for name, one in _checked_pairs(value):
            if not name:
                raise ValidationError(_("Please name the detail “%(value)s”.") % {"value": one})
            if name in details:
                raise ValidationError(
                    _("There are two details called “%(name)s”.") % {"name": name}
                )
            details[name] = one
        return details

    def prepare_value(self, value: Any) -> str:
        """Return names and values as the widget takes them."""
        return value if isinstance(value, str) else json.dumps(list((value or {}).items()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether a name, a value or their order differs; 1 is not True."""
        try:
            return self.prepare_value(initial) != self.prepare_value(self.to_python(data))
        except ValidationError:
            return True


def _pairs(text: Any) -> list[Pair]:
    """Return names and values; none where the text is no list of pairs."""
    try:
        return [(str(name), value) for name, value in json.loads(text or "[]")]
    except (ValueError, TypeError, RecursionError):
        return []


def _checked_pairs(value: Any) -> list[Pair]:
    if isinstance(value, dict):
        return list(value.items())
    pairs = _pairs(value)
    if any(_depth(one) > DEEPEST - 1 for _name, one in pairs):
        raise ValidationError(_("Nest the values no deeper than %(n)d levels.") % {"n": DEEPEST})
    return pairs


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)


def _row(name: str, value: Any) -> Row:
    text = text_of(value)
    lines = min(text.count("\n") + 1 + len(text) // 60, MOST_LINES)
    return Row(name, text, lines, json.dumps([name, value]))


def _numbers(data: Mapping[str, Any], name: str) -> list[int]:
    """Return the numbers of the rows that were sent, in the order of the page."""
    found = (re.fullmatch(rf"{re.escape(name)}-(\d{{1,6}})-name", key) for key in data)
    return sorted({int(one[1]) for one in found if one})


def _sent(data: Mapping[str, Any], row: str) -> Pair | None:
    """Return the name and value of a row; None if it is removed or empty."""
    name, value, kept = (
        _plain(data.get(f"{row}-{part}") or "") for part in ("name", "value", "kept")
    )
    was, before = next(iter(_pairs(f"[{kept}]" if kept else "")), ("", ""))
    if f"{row}-removed" in data or not (name or value):
        return None
    # A field of one line drops the line ends of a name.
    is_same = name == re.sub(r"\n", "", was).strip()
    return (was if is_same else name), _value(value, before)


def _value(text: str, before: Any) -> Any:
    """Return a value that was written: what it was where it is untouched, else of the same kind."""
    if text == _plain(text_of(before)):
        return before
    if before is None or isinstance(before, str):
        return text
    return next((one for one in _read(text) if _is_like(one, before, text)), text)


def _read(text: str) -> Iterator[Any]:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        yield json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return


def _is_like(value: Any, before: Any, text: str) -> bool:
    """Return whether a value is of the same kind as another; a number only as it is written."""
    if isinstance(value, bool) or isinstance(before, bool):
        return type(value) is type(before)
    if isinstance(value, int | float):
        return isinstance(before, int | float) and text_of(value) == text
    return type(value) is type(before)


def _plain(text: str) -> str:
    """Return a text with `\\n` as line ends, without blanks around it."""
    return text.replace("\r\n", "\n").replace("\0", "").strip()
