"""The way from the list of tasks to the imports: import-export's button, our pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from import_export.admin import ImportMixin

from qc import permissions


class TaskImport(ImportMixin):
    """Adds the way to import, for managers, to the list of tasks."""

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may import."""
        return permissions.is_manager(request.user)

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Go to the pages of `qc.admin.imports.views`."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:imports"))

    process_import = import_action
