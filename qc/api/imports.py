"""The calls that import a file of tasks, and follow the import."""

from typing import Any

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from qc import imports, permissions, tables, tasks
from qc.api.schema import calls
from qc.api.serializers import ImportOptions, validated
from qc.api.views import DeskView
from qc.core.exceptions import Busy
from qc.imports import answers, options
from qc.imports.reading import Reading
from qc.models import Import, ImportState
from qc.web import upload_limits
from qc.web.users import user_of

# States of an import whose file itself is wrong: the answer is a 400.
REFUSED = (ImportState.MAPPING, ImportState.REFUSED, ImportState.FAILED)


class ImportsView(DeskView):
    """Imports a file. For managers."""

    parser_classes = (MultiPartParser,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse who may not do this before the file is read."""
        super().initial(request, *args, **kwargs)
        self.check_caller(request)

    def check_caller(self, request: Request) -> None:
        """Raise NotAllowed for anybody but managers."""
        permissions.check_manager(user_of(request))

    @calls.begin_import
    def post(self, request: Request) -> Response:
        """Import a file: a small one at once, a large one in a worker."""
        record = self.receive(request)
        return Response(answers.as_json(record), status=status_of(record))

    def receive(self, request: Request) -> Import:
        """Store the file that was sent, and import it as far as is asked and can be done."""
        sent = request.query_params.copy()
        # An empty body is no form.
        form = request.data if isinstance(request.data, QueryDict) else QueryDict()
        for name, values in form.lists():
            sent.setlist(name, values)
        how = validated(ImportOptions, sent)
        record = _receive(request, options.reading_of(how))
        if record.is_running and not how["dry_run"]:
            imports.confirm(record, only_good=how["only_good"])
        carry_on(record)
        return record


class ImportView(DeskView):
    """Shows the progress and the result of an import. For managers and auditors."""

    @calls.see_import
    def get(self, request: Request, pk: int) -> Response:
        """Return its state, its counts and its faults."""
        permissions.check_auditor(user_of(request))
        return Response(
            answers.as_json(get_object_or_404(Import.objects.select_related("by"), pk=pk))
        )


def _receive(request: Request, chosen: Reading) -> Import:
    file = request.FILES.get("file")
    if refusal := upload_limits.refusal(request._request, file.size if file else None):
        raise ValidationError({"file": [refusal]})
    if file is None:
        raise ValidationError({"file": [_("Please send a file.")]})
    try:
        return imports.receive(file.file, file.name or "", by=user_of(request), chosen=chosen)
    except tables.BadFile as error:
        raise ValidationError({"file": [str(error)]}) from error


def carry_on(record: Import) -> None:
    """Carry on an import, a large one in a worker."""
    try:
        tasks.dispatch(record)
    except Busy:
        # The file is kept, and the import begins when the workers are back.
        record.refresh_from_db()


def status_of(record: Import) -> int:
    """Return the status of the answer about an import."""
    if record.is_running:
        return status.HTTP_202_ACCEPTED
    is_refused = record.state in REFUSED
    return status.HTTP_400_BAD_REQUEST if is_refused else status.HTTP_200_OK
