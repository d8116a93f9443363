"""Who is locked out after too many wrong passwords; a superuser lets them in again."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin


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
