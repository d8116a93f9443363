"""The form of the audit trail: its filters as fields of the page, and those that are set."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from qc.admin.shared.widgets import give_widgets
from qc.core.context import Channel
from qc.web.trail_filters import LABELS, TrailFilters, with_names

DAY = re.compile(r"\d{4}-\d\d-\d\d")


class BoundaryWidget(UnfoldAdminTextInputWidget):
    """A day and a time in the browser's own field; a day alone is shown with the given minute."""

    input_type = "datetime-local"

    def __init__(self, minute: str) -> None:
        self.minute = minute
        super().__init__()

    def format_value(self, value: Any) -> Any:
        """Return the value as the browser's field takes it."""
        is_day = isinstance(value, str) and DAY.fullmatch(value)
        return f"{value}T{self.minute}" if is_day else super().format_value(value)


class Chip(NamedTuple):
    """A filter that is set: its text, and the address of the page without it."""

    label: str
    address: str


class TrailForm(TrailFilters):
    """The filters as fields of the page."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET)
        give_widgets(self, _widgets())

    def chips(self) -> Iterator[Chip]:
        """Yield the filters that are set, each with the address that removes it."""
        params = self.params()
        for name in params:
            rest = {other: value for other, value in params.items() if other != name}
            text = "" if name == "reads" else f": {self._as_text(name)}"
            label = f"{self.fields[name].label}{text}"
            yield Chip(label, f"?{urlencode(rest)}")

    def _as_text(self, name: str) -> str:
        value = self.data[name]
        if name == "queue":
            return str(self.cleaned_data.get(name) or value)
        if name == "person" and self.cleaned_data.get(name):
            return with_names(self.cleaned_data[name])
        names = {"kind": LABELS, "through": dict(Channel.choices)}.get(name, {})
        text = str(names.get(value, value))
        return text.replace("T", " ") if name in ("since", "until") else text


def _widgets() -> dict[str, Any]:
    name = {"placeholder": _("Name or user name"), "dir": "auto"}
    reference = {"placeholder": _("Reference, or how it begins")}
    return {
        "person": UnfoldAdminTextInputWidget(name),
        "task": UnfoldAdminTextInputWidget(reference),
        "queue": UnfoldAdminSelectWidget(),
        "kind": UnfoldAdminSelectWidget(),
        "through": UnfoldAdminSelectWidget(),
        "since": BoundaryWidget("00:00"),
        "until": BoundaryWidget("23:59"),
        "reads": UnfoldBooleanWidget(),
    }
