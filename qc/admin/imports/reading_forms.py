"""How a file is read: what has to be chosen, and all that can be changed, in one form."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from qc.core.exceptions import QCError
from qc.imports import choices, options, reading
from qc.imports.choice import Choice, Option
from qc.imports.column_choices import NUMBER, open_queues
from qc.imports.columns import COLUMNS, DETAIL, LEFT_OUT, detail, label
from qc.imports.completion import suggested_prefix
from qc.imports.decided import decided
from qc.imports.reading import Reading
from qc.models import Import, Priority

# With more options than these a list is shorter than buttons.
MOST_BUTTONS = 6
# More options than these, of those that show what the file would say, are folded.
UNFOLDED = 3
# What decides which rows the columns are in: with another one the columns are chosen anew.
WHERE = ("encoding", "delimiter", "sheet", "header_row")
COLUMN = "column_"
ALL_ROWS = {"all_queue": "queue", "all_priority": "priority", "all_due": "due_at"}


class SelectField(forms.ChoiceField):
    """An optional choice from a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=UnfoldAdminSelectWidget, **options)


class Question(NamedTuple):
    """An open choice with its field, its buttons if it has some, and what belongs to it.

    Of many options that show lines of the file, all but the first are `folded`.
    """

    choice: Choice
    field: Any
    buttons: list[tuple[Any, Option]]
    folded: list[tuple[Any, Option]]
    more: Any


class ReadingForm(forms.Form):
    """What is asked about a file, how it is read otherwise, and the meaning of each column."""

    def __init__(self, record: Import, data: Any = None) -> None:
        super().__init__(data)
        self.record = record
        self.how = reading.of(record)
        self.asked = _named(choices.open_choices(record) if record.header else ())
        self.fields |= {name: _choice_field(choice) for name, choice in self.asked.items()}
        self.decided = _named(decided(record), "was_")
        self.fields |= {name: _changeable(choice) for name, choice in self.decided.items()}
        self.fields |= self._for_all_rows()
        if "key" in {choice.name for choice in (*self.asked.values(), *self.decided.values())}:
            prefix = self.how.number_prefix
            initial = suggested_prefix(record) if prefix is None else prefix
            self.fields["number_prefix"] = _text(_("Prefix of the numbers"), initial)
        for at, heading in enumerate(record.header):
            self.fields[f"{COLUMN}{at}"] = _column(heading, record.mapping[at])

    def questions(self) -> list[Question]:
        """Return what is asked."""
        return [self._question(self[name], choice) for name, choice in self.asked.items()]

    def settings(self) -> list[Any]:
        """Return the fields of how the file is read otherwise."""
        elsewhere = {*self.asked, *(["number_prefix"] if self._asks("key") else [])}
        names = (name for name in self.fields if not name.startswith(COLUMN))
        return [self[name] for name in names if name not in elsewhere]

    def columns(self) -> list[tuple[str, Any, list[str]]]:
        """Return each column's heading, its field, and its values in the first rows."""
        samples = self.record.samples
        return [
            (heading, self[f"{COLUMN}{at}"], samples[at])
            for at, heading in enumerate(self.record.header)
        ]

    def answer(self) -> tuple[Reading, list[str] | None]:
        """Return what is chosen now, and the mapping; none if the columns may be others now."""
        chosen = replace(reading.chosen(self.record), columns={})
        if "sheet" in self.changed_data:
            chosen = replace(chosen, header_row=None)
        for answer in (*self._answers(), *self._changes()):
            chosen = answer.over(chosen)
        if self._is_elsewhere(chosen):
            return replace(chosen, columns={}, key=[]), None
        mapping = [self.cleaned_data[f"{COLUMN}{at}"] for at in range(len(self.record.header))]
        pairs = zip(self.record.header, mapping, strict=True)
        return chosen, [chosen.columns.get(heading, ours) for heading, ours in pairs] or None

    def clean_all_due(self) -> str:
        """Return when all rows are due. Raise ValidationError for what is no time."""
        text: str = self.cleaned_data["all_due"]
        try:
            if text:
                options.check_due(text, self.how)
        except QCError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return text

    def _is_elsewhere(self, chosen: Reading) -> bool:
        """Return whether the rows are read from elsewhere now, or in another encoding."""
        pairs = [(getattr(chosen, name), getattr(self.how, name)) for name in WHERE]
        return any(now not in ("", None) and now != before for now, before in pairs)

    def _asks(self, name: str) -> bool:
        return name in {choice.name for choice in self.asked.values()}

    def _question(self, field: Any, choice: Choice) -> Question:
        pairs = zip(field.subwidgets, choice.options, strict=True)
        buttons = [] if _is_list(choice) else list(pairs)
        unfolded = UNFOLDED if _has_lines(choice) else len(buttons)
        more = self["number_prefix"] if choice.name == "key" else None
        return Question(choice, field, buttons[:unfolded], buttons[unfolded:], more)

    def _answers(self) -> Iterator[Reading]:
        """Yield the answers to what was asked."""
        for name, choice in self.asked.items():
            if value := self.cleaned_data[name]:
                yield self._answered(choice, value)

    def _changes(self) -> Iterator[Reading]:
        """Yield the changes of what was not asked."""
        for name in self.changed_data:
            value = self.cleaned_data[name]
            if name in ALL_ROWS:
                yield Reading(values={ALL_ROWS[name]: value})
            elif (choice := self.decided.get(name)) and value:
                yield self._answered(choice, value)
            elif name == "number_prefix" and self.cleaned_data["key"] == NUMBER:
                yield Reading(number_prefix=value)

    def _answered(self, choice: Choice, value: str) -> Reading:
        prefix = self.cleaned_data.get("number_prefix", "")
        return choices.answered(choice, value, self.record.header, prefix)

    def _for_all_rows(self) -> dict[str, forms.Field]:
        values = self.how.values
        nothing = ("", "–")
        queues = [nothing, *((one.value, one.label) for one in open_queues())]
        priorities = [nothing, *((str(one.value), str(one.label)) for one in Priority)]
        fields = {
            "all_queue": _list(_("All rows: queue"), queues, values.get("queue", "")),
            "all_priority": _list(_("All rows: priority"), priorities, values.get("priority", "")),
            "all_due": _text(_("All rows: due"), values.get("due_at", ""), "2026-11-30 14:30"),
        }
        if self._asks("values"):
            del fields["all_queue"]
        return fields


def _named(some: Iterable[Choice], item: str = "") -> dict[str, Choice]:
    """Return choices by the names of their fields: "day_first", "words_0", "words_1"."""
    named: dict[str, Choice] = {}
    numbers: dict[str, Iterator[int]] = defaultdict(count)
    for one in some:
        name = f"{one.name}_{item}{next(numbers[one.name])}" if one.item else one.name
        named[name] = one
    return named


def _choice_field(choice: Choice) -> forms.ChoiceField:
    """Return the field of an open choice: buttons, or a list where they were too many."""
    offered = _pairs(choice)
    if _is_list(choice):
        return _list(choice.question, [("", "–"), *offered], choice.preset)
    return forms.ChoiceField(
        label=choice.question,
        choices=offered,
        initial=choice.preset,
        required=False,
        widget=UnfoldAdminRadioSelectWidget,
    )


def _has_lines(choice: Choice) -> bool:
    return choice.name == "encoding"


def _is_list(choice: Choice) -> bool:
    return len(choice.options) > MOST_BUTTONS and not _has_lines(choice)


def _pairs(choice: Choice) -> list[tuple[str, str]]:
    return [(one.value, one.label) for one in choice.options]


def _changeable(choice: Choice) -> forms.ChoiceField:
    """Return the field of what is decided."""
    return _list(choice.question, _pairs(choice), choice.preset)


def _list(label: str, offered: Sequence[tuple[str, str]], initial: str) -> forms.ChoiceField:
    return SelectField(label=label, choices=offered, initial=initial)


def _text(label: str, initial: str, placeholder: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder})
    return forms.CharField(label=label, initial=initial, required=False, widget=widget)


def _column(heading: str, chosen: str) -> forms.ChoiceField:
    detail_name = chosen if chosen.startswith(DETAIL) else detail(heading)
    kept = detail_name.removeprefix(DETAIL)
    offered = [
        *((name, label(name)) for name in COLUMNS),
        (detail_name, _("keep as “%s”") % kept if kept else _("no heading")),
        (LEFT_OUT, _("leave out")),
    ]
    field = SelectField(choices=offered, initial=chosen)
    field.widget.attrs["aria-label"] = _("Meaning of “%s”") % heading
    return field
