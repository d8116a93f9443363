"""Forms of what ends: a task that is finished, a queue that is closed."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from qc.admin.shared.base import AuditedModelAdmin
from qc.admin.shared.dialogs import find
from qc.web.refusals import refuse


class EndingModelAdmin(AuditedModelAdmin):
    """The list, form and history of what can't be edited any more once it has ended."""

    def has_ended(self, item: Any) -> bool:
        """Return whether it has ended."""
        raise NotImplementedError

    def how_it_ended(self, item: Any) -> str:
        """Return in words why it can't be edited any more."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit it; what has ended must be reopened first."""
        is_open = obj is None or not self.has_ended(obj)
        return is_open and super().has_change_permission(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form, or save it; say so where its object ended while it was open."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            item = find(self, request, object_id) if object_id else None
            if item and self.has_ended(item) and super().has_change_permission(request, item):
                return refuse(request, HTTPStatus.CONFLICT, self.how_it_ended(item), why="closed")
            raise
