"""Unlocking after too many wrong passwords: the list of names, and the button of a person."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from qc import permissions
from qc.core.transactions import retrying
from qc.history import events
from qc.models import EventKind, User


@retrying
def unlock(person_id: int, *, by: User) -> None:
    """Forget all failed sign-ins with a person's name. Raises NotAllowed."""
    person = User.objects.locked(person_id).get()
    permissions.check_steers(by, person)
    for attempt in AccessAttempt.objects.filter(username=person.username).order_by("pk"):
        _forget(attempt, by)


def _forget(attempt: AccessAttempt, by: Any) -> None:
    """Delete the failures of a name at an address, and record that it was unlocked."""
    name, address = attempt.username or "", attempt.ip_address
    attempt.delete()
    events.record(EventKind.UNLOCKED, by=by, name=name, address=address)


def _name(attempt: AccessAttempt) -> str:
    return attempt.username or str(attempt.ip_address)


# Its own is an English sentence, with a time in UTC.
AccessAttempt.__str__ = _name


@admin.register(AccessAttempt)
class LockoutAdmin(ModelAdmin):
    """Lists failed sign-ins; deleting a row unlocks its name."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    # The other columns have what was typed.
    fields = list_display
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only failed sign-ins add rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: rows are deleted, not edited."""
        return False

    def delete_model(self, request: HttpRequest, obj: AccessAttempt) -> None:
        """Delete the failures of a name, and record that it was unlocked."""
        _forget(obj, request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Delete the failures of several names one by one, each with its record."""
        for attempt in queryset:
            self.delete_model(request, attempt)
