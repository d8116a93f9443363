"""Anonymises people who have left: removes their names, and keeps all that they did.

A pseudonym takes the place of the names, and the seals over their rows still fit
(`qc.core.commitments`). It can't be undone: nothing keeps the names.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.apps import apps
from django.db.models import Q
from django.utils.translation import ngettext

from qc import history
from qc.audit import erasure_requests, second_factors
from qc.core.commitments import COMMITMENT_COLUMNS, PERSONAL, erase, pseudonym
from qc.core.exceptions import InvalidTransition
from qc.core.id_spans import spans_of
from qc.core.transactions import retrying
from qc.history import events
from qc.models import AuditEvent, ChangeKind, EventKind, User

BATCH = 500
NAMES = ("username", "email")


class NameSpan(NamedTuple):
    """A name or address, and from when until when (None: still) a person bore it."""

    name: str
    since: datetime
    until: datetime | None

    def condition(self, column: str, moment: str) -> Q:
        """Return the condition for rows that have it in a column, and are of that time."""
        found = Q(**{f"{column}__iexact": self.name, f"{moment}__gte": self.since})
        return found & Q(**{f"{moment}__lt": self.until}) if self.until else found


@retrying
def anonymise(person_id: int, *, by: User | None, reason: str) -> User:
    """Put a pseudonym in place of a person's names in the account, the history and the events.

    It confirms what another one asked for (`qc.audit.erasure_requests`); repeating it changes
    nothing. Raises NotFound, NotAllowed, InvalidInput without a reason, and InvalidTransition for
    an active person, without such a request, or with rows of a release that could not do this.
    """
    person = erasure_requests.locked(person_id, by, reason)
    if person.username != pseudonym(person.pk):
        erasure_requests.check_has_left(person)
        erasure_requests.check_confirmed(person, by)
        _clear_records(person, by)
        _rename_account(person, by, reason)
    return person


def _clear_records(person: User, by: User | None) -> None:
    """Remove the names from all rows that have them, and from the records of sign-ins."""
    name, spans = pseudonym(person.pk), _names(person)
    account = {"username": name, "first_name": "", "last_name": "", "email": ""}
    _clear_events(person, spans, by)
    _replace_names("person", person.history.all(), account)
    AccessAttempt.objects.filter(_is_any("username", "attempt_time", spans)).delete()
    person.auth_token_set.all().delete()  # type: ignore[attr-defined]
    person.sign_ins.all().delete()
    # How a provider of single sign-on knows them.
    person.socialaccount_set.all().delete()  # type: ignore[attr-defined]
    second_factors.delete_all(person)
    EmailAddress.objects.filter(user=person).delete()
    log = apps.get_model("admin", "LogEntry").objects
    log.filter(content_type__model="user", object_id=person.pk).update(object_repr=name)


def _clear_events(person: User, spans: Sequence[NameSpan], by: User | None) -> None:
    """Remove the names from events, and record from which: no other may ever lose its name."""
    name, cleared = pseudonym(person.pk), []
    for column in ("name", "about"):
        # The address of a sign-in is removed with the name.
        shown = {"name": "", "address": None, "about": "", column: name}
        ids = _events_of(column, spans)
        for some in _batched(ids):
            _replace_names("event", AuditEvent.objects.filter(pk__in=some), shown)
        cleared += ids
    events.record(
        EventKind.NAMES_REMOVED,
        by=by,
        name=name,
        person=person.pk,
        count=len(cleared),
        events=spans_of(sorted(cleared)),
    )


def _events_of(column: str, spans: Sequence[NameSpan]) -> list[int]:
    """Return the ids of the events that name a person in a column, by the name of that time."""
    found = AuditEvent.objects.filter(_is_any(column, "history_date", spans))
    # A collation may take names for the same that are different people's.
    names = {span.name.lower() for span in spans}
    rows = found.order_by("history_id").values_list("history_id", column)
    return [pk for pk, name in rows if name.lower() in names]


def _batched(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _names(person: User) -> list[NameSpan]:
    """Return all names and addresses that a person had, each with its time.

    Before and after that time the same name may have been somebody else's.
    """
    rows = person.history.order_by("history_id")
    spans: list[NameSpan] = []
    borne: dict[str, datetime] = {}
    for moment, kind, *names in rows.values_list("history_date", "history_type", *NAMES):
        # Rows before the first may be archived: of other names nothing is known then.
        since = moment if kind == "+" or borne else person.date_joined
        spans += [NameSpan(gone, borne.pop(gone), moment) for gone in borne.keys() - {*names}]
        borne |= {name: since for name in names if name and name not in borne}
    return [*spans, *(NameSpan(name, since, None) for name, since in borne.items())]


def _is_any(column: str, moment: str, spans: Sequence[NameSpan]) -> Q:
    """Return the condition for rows that have one of the names, of its time, in a column."""
    return reduce(or_, (span.condition(column, moment) for span in spans), Q(pk__in=()))


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
