"""Import and export of people from their list; who is new is invited by a link."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qc.admin.people import invites
from qc.admin.people.resource import PersonResource
from qc.admin.shared.list_files import ListImportExport
from qc.web import proofs


class PeopleImportExport(ListImportExport):
    """Adds both to the list of people."""

    resource_classes = (PersonResource,)
    about_file: str | Promise = _(
        "A row for each person, known by the username, whatever its capitals. Only that is "
        "needed: somebody new is then active QC staff with capacity 1. An empty cell leaves what "
        "is there, a dash empties it. Roles and queues are named, with ; between them. Nobody is "
        "deleted; all rows are imported, or none. You then get a link for everybody who is new, "
        "by which they choose their password."
    )

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Show the page of the import, and the preview; it gives roles, so it asks for a proof."""
        if self.has_import_permission(request):
            proofs.check(request)
        response: HttpResponse = super().import_action(request, **kwargs)
        return response

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Import what was previewed. Raises ReauthenticationRequired without a recent proof."""
        if self.has_import_permission(request):
            proofs.check(request)
        return super().process_import(request, **kwargs)

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        """Show the links of who is new, or the list where nobody is."""
        response = super().process_result(result, request)
        new_people = getattr(result, "new_people", [])
        if result.has_errors() or result.has_validation_errors() or not new_people:
            return response
        return invites.page(request, self.admin_site.each_context(request), new_people)
