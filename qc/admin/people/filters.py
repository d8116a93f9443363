"""The filters of the list of people."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from qc.models import Role, User


class PresenceFilter(DropdownFilter):
    """A filter by presence."""

    title = _("presence")
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("free", _("Free")),
            ("busy", _("Busy")),
            ("break", _("On break")),
            ("in", _("Signed in")),
            ("out", _("Signed out")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[User]:
        """Return the people with the chosen presence."""
        # As *Floor* counts them: nobody waits for an auditor or an administrator.
        free = User.objects.free().order_by().values("pk")
        works = queryset.doing_qc().taking_work()
        kinds = {
            "free": works.filter(pk__in=free),
            "busy": works.exclude(pk__in=free),
            "break": queryset.signed_in().exclude(break_reason=""),
            "in": queryset.signed_in(),
            "out": queryset.filter(is_logged_in=False),
        }
        return kinds.get(self.value(), queryset)


class RoleFilter(DropdownFilter):
    """A filter by role."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the roles."""
        return list(Role.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Return the people with the chosen role."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class MachineFilter(DropdownFilter):
    """A filter by whether an account is a person's or a service token's."""

    title = _("account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [("people", _("People")), ("machines", _("Service tokens"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Return the chosen accounts."""
        kinds = {"people": False, "machines": True}
        is_machine = kinds.get(str(self.value()))
        return queryset if is_machine is None else queryset.filter(is_machine=is_machine)
