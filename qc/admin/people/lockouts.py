"""The list of names that are locked out after too many wrong passwords."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from qc.history import events
from qc.models import EventKind


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
        name, address = obj.username or "", obj.ip_address
        super().delete_model(request, obj)
        events.record(EventKind.UNLOCKED, name=name, address=address)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Delete the failures of several names one by one, each with its record."""
        for attempt in queryset:
            self.delete_model(request, attempt)
