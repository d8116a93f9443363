"""The filters of the audit trail: a plain form of the address, and what it asks for."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from qc.audit.query import TrailQuery
from qc.audit.sentences import kinds
from qc.core.context import Channel
from qc.core.request_id import WELL_FORMED
from qc.models import EventKind, Queue, Task, User
from qc.models.choices import PLAIN, ChangeKind
from qc.models.tasks import begins_with

# Of so many tasks that begin alike the rows are read together.
MOST_TASKS = 15
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ANY = ("", _("Any"))
LABELS: dict[str, Any] = {**PLAIN, **dict(ChangeKind.choices), **dict(EventKind.choices)}
SECTIONS = {"task": _("Tasks"), "person": _("People"), "queue": _("Queues")}


class MomentWidget(UnfoldAdminTextInputWidget):
    """A day and a time, as the browser asks for them; of a day alone, its first or last minute."""

    input_type = "datetime-local"

    def __init__(self, minute: str) -> None:
        self.minute = minute
        super().__init__()

    def format_value(self, value: Any) -> Any:
        """Return the value as a browser shows it."""
        is_day = isinstance(value, str) and DAY.fullmatch(value)
        return f"{value}T{self.minute}" if is_day else super().format_value(value)


class MomentField(forms.Field):
    """A moment by the clock on the wall, or a day; `is_end` means the end of that minute or day."""

    def __init__(self, *, is_end: bool, **options: Any) -> None:
        self.is_end = is_end
        widget = MomentWidget("23:59" if is_end else "00:00")
        super().__init__(required=False, widget=widget, **options)

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment. Raises ValidationError for what is none."""
        if not value:
            return None
        try:
            day = parse_date(value)
            moment = datetime.combine(day, time.min) if day else parse_datetime(value)
            length = timedelta(days=1) if day else timedelta(minutes=1)
            if moment is None:
                raise ValueError(value)
            moment = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
            return moment + length if self.is_end else moment
        except (ValueError, OverflowError) as error:
            message = gettext("“%s” is not a date. Write it as 2026-11-30 14:30 or 2026-11-30.")
            raise ValidationError(message % value) from error


class Chip(NamedTuple):
    """A filter that is set: what it says, and the address of the page without it."""

    label: str
    address: str


class TrailForm(forms.Form):
    """Asks what is to be shown; an empty field asks for nothing."""

    person = forms.CharField(
        label=_("Person"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("User name")}),
    )
    task = forms.CharField(
        label=_("Task"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("Reference, or how it begins")}),
    )
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        label=_("Queue"),
        required=False,
        empty_label=_("Any"),
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": _("There is no such queue.")},
    )
    kind = forms.ChoiceField(
        label=_("Change"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": _("There is no such kind of change.")},
    )
    through = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=[ANY, *Channel.choices],
        widget=UnfoldAdminSelectWidget,
        error_messages={"invalid_choice": _("There is no such channel.")},
    )
    since = MomentField(label=_("From"), is_end=False)
    until = MomentField(label=_("To"), is_end=True)
    request = forms.RegexField(
        WELL_FORMED,
        label=_("Request"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("This is not a request ID.")},
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__({name: request.GET.get(name, "").strip() for name in self.base_fields})
        self.fields["kind"].choices = _kinds()  # type: ignore[attr-defined]

    def clean_person(self) -> User | None:
        """Return the person of that name."""
        name = self.cleaned_data["person"]
        person = User.objects.filter(username__iexact=name).first() if name else None
        if name and person is None:
            raise ValidationError(gettext("There is nobody called “%s”.") % name)
        return person

    def clean_task(self) -> tuple[int, ...] | None:
        """Return the ids of the task of that reference, else of those that begin so."""
        term = self.cleaned_data["task"]
        if not term:
            return None
        ids = tuple(_task_ids(Q(reference=term)) or _task_ids(begins_with(term)))
        if not ids:
            raise ValidationError(
                gettext("There is no task whose reference is “%s” or begins with it.") % term
            )
        if len(ids) > MOST_TASKS:
            message = gettext(
                "More than %(n)d tasks begin with “%(term)s”. Enter more of the reference."
            )
            raise ValidationError(message % {"n": MOST_TASKS, "term": term})
        return ids

    def clean(self) -> None:
        """Refuse a span that ends before it begins."""
        since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and since >= until:
            self.add_error("until", gettext("The end must not be before the start."))

    def asked(self) -> TrailQuery:
        """Return what a valid form asks for."""
        told = {name: value for name, value in self.cleaned_data.items() if value}
        tasks = told.pop("task", None)
        return TrailQuery(**told, tasks=tasks)

    def told(self) -> dict[str, str]:
        """Return what was typed or chosen, by field."""
        return {name: value for name, value in self.data.items() if value}

    def chips(self) -> Iterator[Chip]:
        """Return each filter that is set, with the way to take it off."""
        told = self.told()
        for name in told:
            rest = {other: value for other, value in told.items() if other != name}
            label = f"{self.fields[name].label}: {self._said(name)}"
            yield Chip(label, f"?{urlencode(rest)}")

    def _said(self, name: str) -> str:
        value = self.data[name]
        if name == "queue":
            return str(self.cleaned_data.get(name) or value)
        if name == "kind":
            return str(LABELS.get(value, value))
        if name == "through":
            return str(dict(Channel.choices).get(value, value))
        return value.replace("T", " ") if name in ("since", "until") else value


def _task_ids(there: Q) -> QuerySet[Task, int]:
    ids = Task.objects.filter(there).order_by("reference").values_list("pk", flat=True)
    return ids[: MOST_TASKS + 1]


def _kinds() -> list[tuple[Any, Any]]:
    """Return the kinds of change, by what they are changes of."""
    plain = [(kind, words) for kind, words in PLAIN.items()]
    named = [
        (words, [(kind, LABELS[kind]) for kind in kinds(table) if kind not in PLAIN])
        for table, words in SECTIONS.items()
    ]
    return [ANY, (_("Anything"), plain), *named, (_("Administration"), EventKind.choices)]
