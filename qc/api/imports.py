"""The calls that import a file of tasks, and follow the import."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from qc import imports, permissions, tables, tasks
from qc.api.serializers import validated
from qc.api.views import DeskView
from qc.core.exceptions import Busy
from qc.models import Import, ImportState
from qc.models.imports import COUNTS
from qc.web import upload_limits

# States of an import whose file itself is wrong: the answer is a 400.
REFUSED = (ImportState.MAPPING, ImportState.REFUSED, ImportState.FAILED)


class ImportOptions(serializers.Serializer[Any]):
    """How a file is to be imported."""

    dry_run = serializers.BooleanField(default=False)
    only_good = serializers.BooleanField(default=False)


class ImportsView(DeskView):
    """Imports a file. For managers."""

    parser_classes = (MultiPartParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse anybody but managers before the file is read."""
        super().initial(request, *args, **kwargs)
        permissions.check_manager(request.user)  # type: ignore[arg-type]

    def post(self, request: Request) -> Response:
        """Import a file: a small one at once, a large one in a worker."""
        form: Any = request.data
        options = validated(ImportOptions, request.query_params.dict() | form.dict())
        record = _receive(request)
        if record.is_running and not options["dry_run"]:
            imports.confirm(record, only_good=options["only_good"])
        try:
            tasks.dispatch(record)
        except Busy:
            # The file is kept, and the import begins when the workers are back.
            record.refresh_from_db()
        return Response(_state(record), status=_code(record))


class ImportView(DeskView):
    """Shows the progress and the result of an import. For managers and auditors."""

    def get(self, request: Request, pk: int) -> Response:
        """Return its state, its counts and its faults."""
        permissions.check_auditor(request.user)  # type: ignore[arg-type]
        return Response(_state(get_object_or_404(Import.objects.select_related("by"), pk=pk)))


def _receive(request: Request) -> Import:
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


def _state(record: Import) -> dict[str, Any]:
    faults = [] if record.is_running else imports.faults(record)
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
