"""Who is locked out after too many wrong passwords; a superuser lets them in again."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from qc.audit import events
from qc.models import EventKind


@admin.register(AccessAttempt)
class LockoutAdmin(ModelAdmin):
    """Lists failed sign-ins; deleting one forgets it, and so opens the lock."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    # Nothing of what was typed.
    fields = list_display
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody makes one up."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody edits one."""
        return False

    def delete_model(self, request: HttpRequest, obj: AccessAttempt) -> None:
        """Forget the failures of one name; the trail keeps that they were forgotten."""
        name, address = obj.username or "", obj.ip_address
        super().delete_model(request, obj)
        events.record(EventKind.LET_IN, name=name, address=address)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget several, each by itself."""
        for attempt in queryset:
            self.delete_model(request, attempt)
