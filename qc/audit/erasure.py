"""Anonymises people who have left: removes their names, and keeps all that they did.

A pseudonym takes the place of the names, and the seals over their rows still fit
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
from qc.core.commitments import COMMITMENT_COLUMNS, PERSONAL, erase, pseudonym
from qc.core.exceptions import InvalidTransition
from qc.core.transactions import retrying
from qc.models import AuditEvent, ChangeKind, Task, User
from qc.work import guards, presence

BATCH = 500


@retrying
def anonymise(person_id: int, *, by: User | None, reason: str) -> User:
    """Put a pseudonym in place of a person's names in the account, the history and the events.

    Repeating it changes nothing. Raises NotFound, NotAllowed, InvalidInput without a reason, and
    InvalidTransition for an active person or one with rows of a release that could not do this.
    """
    person = User.objects.locked(person_id).first()
    if person is None:
        raise presence.not_found(person_id)
    permissions.check_edits_account(by, person)
    guards.require_reason(reason)
    if person.username != pseudonym(person.pk):
        _check_has_left(person)
        _clear_records(person)
        _rename_account(person, by, reason)
    return person


def _check_has_left(person: User) -> None:
    if person.is_active or person.is_logged_in or Task.objects.held_by(person).exists():
        raise InvalidTransition(_("%s is still active: deactivate the account first.") % person)
    name = pseudonym(person.pk)
    if User.objects.filter(username=name).exists():
        raise InvalidTransition(
            _("Another account is called %(name)s: rename it first.") % {"name": name}
        )


def _clear_records(person: User) -> None:
    """Remove the names from all rows that have them, and from the records of sign-ins."""
    name, names = pseudonym(person.pk), _names(person)
    account = {"username": name, "first_name": "", "last_name": "", "email": ""}
    _replace_names("person", person.history.all(), account)
    # The address of a sign-in is removed with the name.
    event = {"name": "", "address": None, "about": ""}
    for column in ("name", "about"):
        rows = AuditEvent.objects.filter(_is_any(column, names))
        _replace_names("event", rows, event | {column: name})
    AccessAttempt.objects.filter(_is_any("username", names)).delete()
    person.auth_token_set.all().delete()  # type: ignore[attr-defined]
    log = apps.get_model("admin", "LogEntry").objects
    log.filter(content_type__model="user", object_id=person.pk).update(object_repr=name)


def _names(person: User) -> set[str]:
    """Return all names and addresses that a person had, except those that are another's now."""
    rows = {*person.history.values_list("username", "email"), (person.username, person.email)}
    names = {name for row in rows for name in row if name}
    others = User.objects.exclude(pk=person.pk).filter(_is_any("username", names))
    return names - {name for name in names if others.filter(username__iexact=name).exists()}


def _is_any(column: str, names: Iterable[str]) -> Q:
    """Return the condition that a column has any of these names, in upper or lower case."""
    return reduce(or_, (Q(**{f"{column}__iexact": name}) for name in names), Q(pk__in=()))


def _replace_names(table: str, rows: Any, shown: dict[str, Any]) -> None:
    with_names = rows.filter(commitments__isnull=True)
    if n := with_names.filter(salt="").count():
        message = ngettext(
            "%(n)d row was written by an old release whose names cannot be removed.",
            "%(n)d rows were written by an old release whose names cannot be removed.",
            n,
        )
        raise InvalidTransition(message % {"n": n})
    while batch := list(with_names.order_by("history_id")[:BATCH]):
        for row in batch:
            erase(table, row, shown)
        rows.model.objects.bulk_update(batch, [*COMMITMENT_COLUMNS, *PERSONAL[table]])


def _rename_account(person: User, by: User | None, reason: str) -> None:
    """Give the account the pseudonym, and no password: that ends its sessions too."""
    person.username = pseudonym(person.pk)
    person.first_name = person.last_name = person.email = ""
    person.set_unusable_password()
    columns = ("username", "first_name", "last_name", "email", "password")
    history.save(person, kind=ChangeKind.ANONYMISED, by=by, reason=reason, fields=columns)
