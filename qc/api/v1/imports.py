"""Imports of files of tasks: uploading, confirming, stopping and undoing them."""

from typing import ClassVar

from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from qc import imports, permissions
from qc.api import imports as old
from qc.api.serializers import ImportOptions, NewImport, validated_exactly
from qc.api.v1.base import V1View
from qc.api.v1.lists import ListView
from qc.api.v1.schemas import imports as schemas
from qc.api.v1.schemas.lists import ID, list_parameters
from qc.api.v1.shapes.imports import of_import, of_line
from qc.core.exceptions import NotFound
from qc.imports import undo
from qc.models import Import, Scope
from qc.web.problems import CONTENT_TYPE, problem

# Columns that may be long, which the list does not show.
LARGE = ("header", "mapping", "samples", "shown", "chosen", "reading", "findings")
ANSWERS = {
    200: schemas.ImportSchema,
    202: schemas.ImportSchema,
    (400, CONTENT_TYPE): schemas.RefusedImportSchema,
}


class ImportsView(ListView, old.ImportsView):
    """Lists imports, and imports a file. Managers import; auditors see what was imported."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS, "POST": Scope.WRITE_TASKS}
    fields = tuple(schemas.ImportLineSchema().fields)
    params: ClassVar = {"POST": tuple(ImportOptions().fields)}
    in_one_transaction = False

    def check_caller(self, request: Request) -> None:
        """Raise NotAllowed for who may not do this."""
        check = permissions.check_manager if request.method == "POST" else permissions.check_auditor
        check(self.caller)

    @extend_schema(
        operation_id="list_imports",
        summary="List imports",
        description="All imports, the newest first.",
        parameters=list_parameters(fields),
        responses=schemas.ImportLinesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the imports."""
        return self.page(request, Import.objects.select_related("by").defer(*LARGE), of_line)

    @extend_schema(
        operation_id="import_file",
        summary="Import a file of tasks",
        description="A small file is imported at once (200), a large one by a worker (202).",
        request={"multipart/form-data": NewImport},
        responses=ANSWERS,
    )
    def post(self, request: Request) -> Response:
        """Return the import as it is now."""
        return _answer(self.receive(request))


class ImportView(V1View):
    """Shows the progress and the result of an import. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}

    @extend_schema(
        operation_id="read_import",
        summary="Read an import",
        description="How far it is, what became of it, and what is wrong in its file.",
        parameters=[ID],
        responses=schemas.ImportSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the import."""
        permissions.check_auditor(self.caller)
        return Response(of_import(_record(pk)))


class ImportStep(V1View):
    """A step of an import. For managers."""

    scopes: ClassVar = {"POST": Scope.WRITE_TASKS}
    in_one_transaction = False

    def record(self, request: Request, pk: int) -> Import:
        """Return an import. Raises NotAllowed for who is no manager."""
        permissions.check_manager(self.caller)
        return _record(pk)


class BeginView(ImportStep):
    """Confirms an import. For the manager who has uploaded its file."""

    @extend_schema(
        operation_id="begin_import",
        summary="Begin an import",
        description="Imports what a dry run, or choices that were open, have left to be confirmed.",
        parameters=[ID],
        request=schemas.Beginning,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the import as it is now."""
        record = self.record(request, pk)
        imports.check_own(record, by=self.caller)
        imports.confirm(record, **validated_exactly(schemas.Beginning, request.data))
        old.carry_on(record)
        return _answer(record)


class AgainView(ImportStep):
    """Carries on an import that waits for a worker. For each manager, as on its page."""

    @extend_schema(
        operation_id="carry_on_import",
        summary="Try an import again",
        description="For one that waits for a worker. One that has ended stays as it is.",
        parameters=[ID],
        request=None,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the import as it is now."""
        record = self.record(request, pk)
        old.carry_on(record)
        return _answer(record)


class StopView(ImportStep):
    """Stops a running import."""

    @extend_schema(
        operation_id="stop_import",
        summary="Stop an import",
        description="The rows that are imported already stay. One that has ended stays as it is.",
        parameters=[ID],
        request=None,
        responses=schemas.ImportSchema,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the import as it is now."""
        record = self.record(request, pk)
        imports.stop(record, by=self.caller)
        return Response(of_import(record))


class UndoView(ImportStep):
    """Undoes an import, if nobody has touched its tasks since."""

    @extend_schema(
        operation_id="undo_import",
        summary="Undo an import",
        description="Deletes the tasks that it created, and restores those that it changed.",
        parameters=[ID],
        request=None,
        responses={200: schemas.ImportSchema, 202: schemas.ImportSchema},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the import as it is now."""
        record = self.record(request, pk)
        undo.begin(record, by=self.caller)
        old.carry_on(record)
        return _answer(record)


def _answer(record: Import) -> Response:
    """Return the answer about an import; a refusal has it as `import`."""
    code, body = old.status_of(record), of_import(record)
    if code != status.HTTP_400_BAD_REQUEST:
        return Response(body, code)
    detail = {"detail": record.error or _("Nothing was imported.")}
    return Response(problem(code, detail) | {"import": body}, code, content_type=CONTENT_TYPE)


def _record(pk: int) -> Import:
    record = Import.objects.select_related("by").filter(pk=pk).first()
    if record is None:
        raise NotFound(_("There is no import %(id)s.") % {"id": pk})
    return record


IMPORT = r"^imports/(?P<pk>[0-9]{1,18})"
urlpatterns = [
    re_path(r"^imports/?$", ImportsView.as_view(), name="v1_imports"),
    re_path(rf"{IMPORT}/?$", ImportView.as_view(), name="v1_import"),
    re_path(rf"{IMPORT}/begin/?$", BeginView.as_view(), name="v1_import_begin"),
    re_path(rf"{IMPORT}/again/?$", AgainView.as_view(), name="v1_import_again"),
    re_path(rf"{IMPORT}/stop/?$", StopView.as_view(), name="v1_import_stop"),
    re_path(rf"{IMPORT}/undo/?$", UndoView.as_view(), name="v1_import_undo"),
]
