"""The check of a task: its answers so far or its findings, its defect codes and its files."""

from typing import ClassVar

from django.db.models import prefetch_related_objects
from django.http import HttpResponseBase
from django.urls import re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api import evidence as old
from qc.api.evidence import visible_task
from qc.api.schema.answers import File
from qc.api.serializers import NewFile, Removal, validated, validated_exactly
from qc.api.v1.base import V1View
from qc.api.v1.schemas import checks as schemas
from qc.api.v1.schemas.lists import ID
from qc.api.v1.shapes import checks as shapes
from qc.checks import defects, evidence
from qc.core.exceptions import StaleDraft
from qc.models import Scope, Task
from qc.web.problems import CONTENT_TYPE, problem
from qc.work import actions

READS = {"GET": Scope.READ_TASKS}


class CheckView(V1View):
    """The check of a task. For its holder, who completed it, managers and auditors."""

    scopes: ClassVar = {**READS, "PUT": Scope.COMPLETE}

    @extend_schema(
        operation_id="read_check",
        summary="Read the check of a task",
        description="What is written so far, or what a completed check found.",
        parameters=[ID],
        responses=schemas.CheckSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the check."""
        return Response(shapes.of_check(visible_task(request, pk)))

    @extend_schema(
        operation_id="write_check",
        summary="Keep what is written of a check",
        description="For who holds the task, which starts by it. Nothing newer is overwritten.",
        parameters=[ID],
        request=schemas.Draft,
        responses={200: schemas.CheckSchema, (409, CONTENT_TYPE): schemas.StaleSchema},
    )
    def put(self, request: Request, pk: int) -> Response:
        """Keep the draft; return it, or what is stored where that is newer."""
        sent = validated_exactly(schemas.Draft, request.data)
        try:
            task = actions.save_draft(pk, sent.pop("notes", None), by=self.caller, **sent)
        except StaleDraft as newer:
            return _stale(newer, pk)
        return Response(shapes.of_check(task))


class TaskFilesView(V1View, old.TaskFilesView):
    """The files of a task. For who may see it; adding is for its holder and managers."""

    scopes: ClassVar = {**READS, "POST": Scope.COMPLETE}
    in_one_transaction = False

    @extend_schema(
        operation_id="list_files",
        summary="List the files of a task",
        description="All of them, the oldest first.",
        parameters=[ID],
        responses=schemas.FilesSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the files."""
        files = evidence.of_task(visible_task(request, pk).pk)
        return Response({"results": list(map(shapes.of_file, files)), "next": None})

    @extend_schema(
        operation_id="add_file",
        summary="Add a file to a task",
        description="The same file again at the same place is there once.",
        parameters=[ID],
        request={"multipart/form-data": NewFile},
        responses={201: File},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Add the file, and return what is known of it."""
        return Response(shapes.of_file(self.add(request, pk)), status.HTTP_201_CREATED)


class FileView(V1View, old.FileView):
    """A file. For who may see its task; removing is for its holder and managers."""

    scopes: ClassVar = {**READS, "DELETE": Scope.COMPLETE}
    params: ClassVar = {"DELETE": ("reason",)}

    @extend_schema(
        operation_id="read_file",
        summary="Read a file",
        description="The file itself.",
        parameters=[ID],
        responses={(200, "*/*"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """Return the file itself."""
        return super().get(request, pk)

    @extend_schema(
        operation_id="remove_file",
        summary="Remove a file",
        description="Managers send a `reason`. Removing it again changes nothing.",
        parameters=[ID, OpenApiParameter("reason", str, description="Why it is removed.")],
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Remove the file."""
        values = request.data if request.data else request.query_params
        removal = validated(Removal, values)
        evidence.remove(pk, by=self.caller, **removal)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TaskCodesView(V1View, old.DefectCodesView):
    """The codes by which the check of a task names defects. For who may see the task."""

    scopes: ClassVar = READS

    @extend_schema(
        operation_id="list_codes_of_task",
        summary="List the defect codes of a task",
        description="Those that its check may name, by group and code.",
        parameters=[ID],
        responses=schemas.CodesSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the codes."""
        codes = defects.codes_of(visible_task(request, pk).queue_id)
        prefetch_related_objects(codes, "queues")
        return Response({"results": list(map(shapes.of_code, codes)), "next": None})


def _stale(newer: StaleDraft, pk: int) -> Response:
    """Return the refusal of a draft, with what is stored."""
    stored = shapes.of_check(Task.objects.select_related("queue").get(pk=pk))
    body = problem(status.HTTP_409_CONFLICT, {"detail": str(newer)}) | {"stored": stored}
    return Response(body, status.HTTP_409_CONFLICT, content_type=CONTENT_TYPE)


TASK = r"^tasks/(?P<pk>[0-9]{1,18})"
urlpatterns = [
    re_path(rf"{TASK}/check/?$", CheckView.as_view(), name="v1_task_check"),
    re_path(rf"{TASK}/files/?$", TaskFilesView.as_view(), name="v1_task_files"),
    re_path(rf"{TASK}/defect-codes/?$", TaskCodesView.as_view(), name="v1_task_defect_codes"),
    re_path(r"^files/(?P<pk>[0-9]{1,18})/?$", FileView.as_view(), name="v1_file"),
]
