"""People who have left: their names are taken out of everything, and all that they did stays.

In the place of their names stands a pseudonym, and the seals over their rows still fit
(`qc.core.commitments`). It can't be undone: nothing keeps the names.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import history, permissions
from qc.core.commitments import BESIDE, PERSONAL, pseudonym, veil
from qc.core.exceptions import InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.models import AuditEvent, ChangeKind, Task, User
from qc.work import lifecycle

BATCH = 500
COLUMNS = ("username", "first_name", "last_name", "email", "password")


@retrying
def anonymise(person_id: int, *, by: User | None, reason: str) -> User:
    """Take the names of somebody who has left out of their account, their history and the events.

    Again does nothing. Raises NotFound, NotAllowed, InvalidInput without a reason, and
    InvalidTransition for who is still there or has rows that can't be changed so.
    """
    person = User.objects.locked(person_id).first()
    if person is None:
        raise NotFound(_("There is no person %(id)s.") % {"id": person_id})
    permissions.check_edits_account(by, person)
    lifecycle.require_reason(reason)
    if person.username != pseudonym(person.pk):
        _check_has_left(person)
        _take_out(person)
        _rename(person, by, reason)
    return person


def _check_has_left(person: User) -> None:
    here = person.is_active or person.is_logged_in or Task.objects.held_by(person).exists()
    if here:
        raise InvalidTransition(_("%s is still active: deactivate the account first.") % person)
    if User.objects.filter(username=pseudonym(person.pk)).exists():
        said = {"name": pseudonym(person.pk)}
        raise InvalidTransition(_("Another account is called %(name)s: rename it first.") % said)


def _take_out(person: User) -> None:
    """Take the names out of all rows that have them, and out of what is kept of sign-ins."""
    rows, names = person.history.all(), _names(person)
    own = {"username": pseudonym(person.pk), "first_name": "", "last_name": "", "email": ""}
    _veil("person", rows, own)
    _veil("event", AuditEvent.objects.filter(_is_any("name", names)), _shown(person, "name"))
    _veil("event", AuditEvent.objects.filter(_is_any("about", names)), _shown(person, "about"))
    AccessAttempt.objects.filter(_is_any("username", names)).delete()
    person.auth_token_set.all().delete()  # type: ignore[attr-defined]
    log = apps.get_model("admin", "LogEntry").objects
    log.filter(content_type__model="user", object_id=person.pk).update(
        object_repr=pseudonym(person.pk)
    )


def _shown(person: User, column: str) -> dict[str, Any]:
    """Return what stands in an event in place of a name, and of where it was tried from."""
    return {"name": "", "address": None, "about": ""} | {column: pseudonym(person.pk)}


def _names(person: User) -> set[str]:
    """Return all that they were called and signed in with, but for what another is called now."""
    told = person.history.values_list("username", "email")
    names = {name for row in {*told, (person.username, person.email)} for name in row if name}
    others = User.objects.exclude(pk=person.pk).filter(_is_any("username", names))
    return names - {name for name in names if others.filter(username__iexact=name).exists()}


def _is_any(column: str, names: Iterable[str]) -> Q:
    """Return whether a column has any of some names, whatever their case: so people type them."""
    return reduce(or_, (Q(**{f"{column}__iexact": name}) for name in names), Q(pk__in=()))


def _veil(table: str, rows: Any, shown: dict[str, Any]) -> None:
    kept = rows.filter(commitments__isnull=True)
    if n := kept.filter(salt="").count():
        said = ngettext(
            "%(n)d row was written by an old release whose names cannot be removed.",
            "%(n)d rows were written by an old release whose names cannot be removed.",
            n,
        )
        raise InvalidTransition(said % {"n": n})
    while some := list(kept.order_by("history_id")[:BATCH]):
        for row in some:
            veil(table, row, shown)
        rows.model.objects.bulk_update(some, [*BESIDE, *PERSONAL[table]])


def _rename(person: User, by: User | None, reason: str) -> None:
    """Return the account the pseudonym. Without its password all sessions end, too."""
    person.username = pseudonym(person.pk)
    person.first_name = person.last_name = person.email = ""
    person.set_unusable_password()
    history.save(person, kind=ChangeKind.ANONYMISED, by=by, reason=reason, fields=COLUMNS)
