"""How people were called when something was written: a name may change, and become another's."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from qc.models import ChangeKind, User

# The kinds of change by which a name may change; others are left unread.
RENAMING = ("", ChangeKind.ROLES_CHANGED, ChangeKind.ANONYMISED)


class Called(NamedTuple):
    """How a person was called at a moment, and how they are called now."""

    then: str
    now: str

    def __str__(self) -> str:
        if self.then == self.now:
            return self.then
        return _("%(then)s (now %(now)s)") % {"then": self.then, "now": self.now}


NOBODY = Called("", "")


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


def _names(people: Iterable[int]) -> dict[int, list[tuple[datetime, str]]]:
    """Return the names of each person, oldest first, with the moments since when they bore them."""
    rows = User.history.filter(id__in=people, kind__in=RENAMING).order_by("history_id")
    names: dict[int, list[tuple[datetime, str]]] = defaultdict(list)
    for pk, moment, name in rows.values_list("id", "history_date", "username"):
        names[pk].append((moment, name))
    return dict(names)


def _called(row: Any, person_id: int, names: Sequence[tuple[datetime, str]] | None) -> Called:
    own = row.username if row.table == "person" and row.id == person_id else ""
    if not names:  # Their rows are archived.
        person = (
            row.history_user if person_id == row.history_user_id else getattr(row, "person", own)
        )
        return Called(own or str(person), str(person))
    # Where older rows are archived the first known name is the nearest.
    then = [name for since, name in names if since <= row.history_date] or [names[0][1]]
    return Called(own or then[-1], names[-1][1])
