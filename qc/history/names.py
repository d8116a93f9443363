"""How people were called when something was written: a name may change, and become another's."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from qc.models import ChangeKind, User
from qc.models.people import machine_name

# The kinds of change by which a name may change; others are left unread.
RENAMING = ("", ChangeKind.ROLES_CHANGED, ChangeKind.ANONYMISED)


class Called(NamedTuple):
    """How a person was called at a moment, and how they are called now; or a service token."""

    then: str
    now: str
    is_machine: bool = False

    def __str__(self) -> str:
        if self.is_machine:
            return machine_name(self.then)
        if self.then == self.now:
            return self.then
        return _("%(then)s (now %(now)s)") % {"then": self.then, "now": self.now}


NOBODY = Called("", "")


class Name(NamedTuple):
    """A name that an account has had since a moment, and whether it is a service token's."""

    since: datetime
    name: str
    is_machine: bool


def add_names(rows: Sequence[Any]) -> None:
    """Set `called` on each row of the trail: by id, how the people it names were called then.

    The rows have their `table`, and the people they name prefetched. It is one query, however many
    rows there are.
    """
    names = _names({pk for row in rows for pk in _people(row)})
    for row in rows:
        row.called = {pk: _called(row, pk, names.get(pk)) for pk in _people(row)}


def called(row: Any, person_id: int | None) -> Called:
    """Return how a person was called at the time of a row that has `called`; "" for nobody."""
    return NOBODY if person_id is None else row.called[person_id]


def subject(row: Any) -> int | None:
    """Return the id of the person whom a row is about, or None."""
    return row.id if row.table == "person" else getattr(row, "person_id", None)


def _people(row: Any) -> set[int]:
    return {pk for pk in (row.history_user_id, subject(row)) if pk is not None}


def _names(people: Iterable[int]) -> dict[int, list[Name]]:
    """Return the names of each person, oldest first, with the moments since when they bore them."""
    rows = User.history.filter(id__in=people, kind__in=RENAMING).order_by("history_id")
    machine = Exists(User.objects.machines().filter(pk=OuterRef("id")))
    names: dict[int, list[Name]] = defaultdict(list)
    for pk, *name in rows.values_list("id", "history_date", "username", machine):
        names[pk].append(Name(*name))
    return dict(names)


def _called(row: Any, person_id: int, names: Sequence[Name] | None) -> Called:
    own = row.username if row.table == "person" and row.id == person_id else ""
    if not names:  # Their rows are archived.
        person = (
            row.history_user if person_id == row.history_user_id else getattr(row, "person", own)
        )
        now = getattr(person, "username", person)
        return Called(own or now, now, getattr(person, "is_machine", False))
    # Where older rows are archived the first known name is the nearest.
    then = [one.name for one in names if one.since <= row.history_date] or [names[0].name]
    return Called(own or then[-1], names[-1].name, names[-1].is_machine)
