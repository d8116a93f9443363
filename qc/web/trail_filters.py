"""The filters of the audit trail, as a page or a call of the API is given them, and their query."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from qc.audit.query import READS, TrailQuery
from qc.audit.sentence_texts import kinds
from qc.core.context import Channel
from qc.core.local_days import YEARS
from qc.core.request_id import WELL_FORMED
from qc.models import EventKind, Queue, Task, User
from qc.models.choices import PLAIN, ChangeKind
from qc.models.tasks import begins_with

# The most tasks that the beginning of a reference may match.
MOST_TASKS = 15
MOST_PEOPLE = 5
# What is kept of a filter in the trail.
LONGEST = 200
WORD = re.compile(r"[^\s(),]+")
ANY = ("", _("Any"))
LABELS: dict[str, Any] = {**PLAIN, **dict(ChangeKind.choices), **dict(EventKind.choices)}
SECTIONS = {"task": _("Tasks"), "person": _("People"), "queue": _("Queues")}


class BoundaryField(forms.Field):
    """A minute or a day in local time: its beginning, or with `is_end` its end."""

    def __init__(self, *, is_end: bool, **options: Any) -> None:
        self.is_end = is_end
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> datetime | None:
        """Return the moment. Raise ValidationError if the value is no date."""
        if not value:
            return None
        try:
            day = parse_date(value)
            moment = datetime.combine(day, time.min) if day else parse_datetime(value)
            length = timedelta(days=1) if day else timedelta(minutes=1)
            if moment is None:
                raise ValueError(value)
        except ValueError as error:
            message = gettext("“%s” is not a date. Write it as 2026-11-30 14:30 or 2026-11-30.")
            raise ValidationError(message % value) from error
        if moment.year not in YEARS:
            message = gettext("“%s” is too far away: the year must be from 1900 to 2999.")
            raise ValidationError(message % value)
        moment = moment + length if self.is_end else moment
        return _outermost(moment, max if self.is_end else min)


def _outermost(moment: datetime, pick: Callable[..., datetime]) -> datetime:
    """Return a local time as a moment: of an hour that exists twice, the earlier or the later one.

    Nobody can type which of the two is meant, so no row of either may be left out.
    """
    if timezone.is_aware(moment):
        return moment
    both = (timezone.make_aware(moment.replace(fold=fold)).astimezone(UTC) for fold in (0, 1))
    return pick(both)


class TrailFilters(forms.Form):
    """The filters; an empty field doesn't filter."""

    person = forms.CharField(
        label=_("Person"),
        required=False,
    )
    task = forms.CharField(
        label=_("Task"),
        required=False,
    )
    queue = forms.ModelChoiceField(
        Queue.objects.all(),
        label=_("Queue"),
        required=False,
        empty_label=_("Any"),
        error_messages={"invalid_choice": _("There is no such queue.")},
    )
    kind = forms.ChoiceField(
        label=pgettext_lazy("noun", "Change"),
        required=False,
        error_messages={"invalid_choice": _("There is no such kind of change.")},
    )
    through = forms.ChoiceField(
        label=_("Channel"),
        required=False,
        choices=[ANY, *Channel.choices],
        error_messages={"invalid_choice": _("There is no such channel.")},
    )
    since = BoundaryField(label=_("From"), is_end=False)
    until = BoundaryField(label=_("To"), is_end=True)
    reads = forms.BooleanField(label=_("Show reads and exports"), required=False)
    request = forms.RegexField(
        WELL_FORMED,
        label=_("Request"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid": _("This is not a request ID.")},
    )

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__({name: params.get(name, "").strip() for name in self.base_fields})
        self.fields["kind"].choices = _kinds()  # type: ignore[attr-defined]

    def clean_person(self) -> User | None:
        """Return the person of that user name, else the only one whose names have these words."""
        name = self.cleaned_data["person"]
        people = _people(name) if name else []
        if name and not people:
            raise ValidationError(gettext("There is nobody called “%s”.") % name)
        if len(people) > 1:
            message = gettext("Several people are called “%(name)s”: %(people)s. Enter more of it.")
            named = [*map(with_names, people[:MOST_PEOPLE]), *["…"][: len(people) - MOST_PEOPLE]]
            raise ValidationError(message % {"name": name, "people": ", ".join(named)})
        return people[0] if people else None

    def clean_task(self) -> tuple[int, ...] | None:
        """Return the id of the task of that reference, else of the tasks that begin with it."""
        term = self.cleaned_data["task"]
        if not term:
            return None
        ids = tuple(_task_ids(Q(reference=term)) or _task_ids(begins_with(term)))
        if not ids:
            message = gettext("There is no task whose reference is “%s” or begins with it.")
            raise ValidationError(message % term)
        if len(ids) > MOST_TASKS:
            message = gettext(
                "More than %(n)d tasks begin with “%(term)s”. Enter more of the reference."
            )
            raise ValidationError(message % {"n": MOST_TASKS, "term": term})
        return ids

    def clean(self) -> None:
        """Refuse an end before the start."""
        since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and since >= until:
            self.add_error("until", gettext("The end must not be before the start."))

    def query(self) -> TrailQuery:
        """Return the query of a valid form."""
        filters = {name: value for name, value in self.cleaned_data.items() if value}
        shows_reads = filters.pop("reads", False) or "request" in filters
        hides_reads = not shows_reads and filters.get("kind") not in READS
        return TrailQuery(tasks=filters.pop("task", None), hides_reads=hides_reads, **filters)

    def params(self) -> dict[str, str]:
        """Return what was typed or chosen, by field."""
        return {name: value for name, value in self.data.items() if value}

    def recorded(self) -> dict[str, str]:
        """Return the filters of a valid form as the trail records them.

        A person stands there by their user name: that one is removed when they are anonymised.
        """
        person = self.cleaned_data["person"]
        params = self.params() | ({"person": person.username} if person else {})
        return {name: value[:LONGEST] for name, value in params.items()}


def _people(name: str) -> list[User]:
    """Return the person of a user name, else the people whose names have all its words."""
    if person := User.objects.filter(username__iexact=name).first():
        return [person]
    people = User.objects.order_by("username")
    for word in WORD.findall(name):
        parts = ("username", "first_name", "last_name")
        people = people.filter(reduce(or_, (Q(**{f"{one}__icontains": word}) for one in parts)))
    return list(people[: MOST_PEOPLE + 1]) if WORD.search(name) else []


def with_names(person: User) -> str:
    """Return a person's names and user name."""
    names = person.get_full_name()
    return f"{names} ({person.username})" if names else person.username


def _task_ids(condition: Q) -> QuerySet[Task, int]:
    ids = Task.objects.filter(condition).order_by("reference").values_list("pk", flat=True)
    return ids[: MOST_TASKS + 1]


def _kinds() -> list[tuple[Any, Any]]:
    """Return the kinds of change, grouped by the table that they change; each kind once."""
    tables = Counter(kind for table in SECTIONS for kind in kinds(table))
    named = [
        (title, [(kind, LABELS[kind]) for kind in kinds(table) if tables[kind] == 1])
        for table, title in SECTIONS.items()
    ]
    shared = (_("Anything"), [(kind, LABELS[kind]) for kind, n in tables.items() if n > 1])
    return [ANY, shared, *named, (_("Administration"), EventKind.choices)]
