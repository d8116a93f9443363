"""The calls that bring a file of tasks, and say what became of it."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from qc import imports, permissions, tables, tasks
from qc.api.views import DeskView
from qc.core.exceptions import Busy
from qc.models import Import, ImportState
from qc.models.imports import COUNTS
from qc.web import upload_limits

FAULTS = 100
# What is wrong with the file itself, not with who asks or when.
REFUSED = (ImportState.MAPPING, ImportState.REFUSED, ImportState.FAILED)


class Wanted(serializers.Serializer[Any]):
    """How a file is to be imported."""

    dry_run = serializers.BooleanField(default=False)
    only_good = serializers.BooleanField(default=False)


class ImportsView(DeskView):
    """Brings a file. For managers."""

    parser_classes = (MultiPartParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in managers only, before the file is read."""
        super().initial(request, *args, **kwargs)
        permissions.check_manager(request.user)  # type: ignore[arg-type]

    def post(self, request: Request) -> Response:
        """Import a file: a small one at once, a large one in a worker."""
        form: Any = request.data
        wanted = Wanted(data=request.query_params.dict() | form.dict())
        wanted.is_valid(raise_exception=True)
        told = wanted.validated_data
        record = _received(request)
        if record.is_running and not told["dry_run"]:
            imports.confirm(record, only_good=told["only_good"])
        try:
            tasks.dispatch(record)
        except Busy:
            # It is kept, and begins when the workers are back: the answer says that it waits.
            record.refresh_from_db()
        return Response(_told(record), status=_code(record))


class ImportView(DeskView):
    """Says how far an import is, and what became of it. For managers and auditors."""

    def get(self, request: Request, pk: int) -> Response:
        """Return its state, its counts and what is wrong."""
        permissions.check_auditor(request.user)  # type: ignore[arg-type]
        return Response(_told(get_object_or_404(Import.objects.select_related("by"), pk=pk)))


def _received(request: Request) -> Import:
    file = request.FILES.get("file")
    if refusal := upload_limits.refusal(request._request, file.size if file else None):
        raise ValidationError({"file": [refusal]})
    if file is None:
        raise ValidationError({"file": [_("Please send a file.")]})
    try:
        return imports.receive(file.file, file.name or "", by=request.user)  # type: ignore[arg-type]
    except tables.BadFile as error:
        raise ValidationError({"file": [str(error)]}) from error


def _code(record: Import) -> int:
    if record.is_running:
        return status.HTTP_202_ACCEPTED
    is_refused = record.state in REFUSED
    return status.HTTP_400_BAD_REQUEST if is_refused else status.HTTP_200_OK


def _told(record: Import) -> dict[str, Any]:
    faults = [] if record.is_running else imports.faults(record, FAULTS)
    return {
        "id": record.pk,
        "file": record.file_name,
        "sha256": record.sha256,
        "state": record.state,
        "by": record.by.username if record.by else None,
        "only_good": record.only_good,
        "rows": record.rows,
        "position": record.position,
        "counts": {name: getattr(record, name) for name in COUNTS},
        "faults": [vars(fault) for fault in faults],
        "error": record.error,
    }
