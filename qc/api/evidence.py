"""The calls about the check of a task: its files, pictures of its plan, and defect codes."""

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api import answers
from qc.api.parsers import JSONParser
from qc.api.schema import calls
from qc.api.serializers import Place, Removal, validated
from qc.api.views import DeskView
from qc.checks import defects, evidence, plan_pictures
from qc.core.exceptions import NotFound
from qc.models import Evidence, Task
from qc.web import file_answers, upload_limits
from qc.web.users import user_of


class TaskFilesView(DeskView):
    """Lists a task's files, and adds one. For who may see the task; adding is for its holder."""

    parser_classes = (MultiPartParser,)

    @calls.files
    def get(self, request: Request, pk: int) -> Response:
        """Return the files of the task, the oldest first."""
        task = visible_task(request, pk)
        return Response({"files": list(map(answers.of_file, evidence.of_task(task.pk)))})

    @calls.add_file
    def post(self, request: Request, pk: int) -> Response:
        """Add the file; the same one again at the same place is answered as the first time."""
        return Response(answers.of_file(self.add(request, pk)), status=status.HTTP_201_CREATED)

    def add(self, request: Request, pk: int) -> Evidence:
        """Add the file that was sent. Raises ValidationError, and what the domain raises."""
        place = validated(Place, request.data)
        file = request.FILES.get("file")
        if getattr(request._request, "qc_upload_is_too_large", False):
            raise ValidationError({"file": [upload_limits.together()]})
        if file is None:
            raise ValidationError({"file": [_("Please send a file.")]})
        return evidence.add(pk, file, by=user_of(request), **place)


class DefectCodesView(DeskView):
    """Lists the codes by which the check of a task names defects. For who may see the task."""

    @calls.defect_codes
    def get(self, request: Request, pk: int) -> Response:
        """Return the codes, by group and code."""
        task = visible_task(request, pk)
        return Response({"codes": list(map(answers.of_code, defects.codes_of(task.queue_id)))})


class PictureView(DeskView):
    """Answers with the picture of a plan's item."""

    @calls.picture
    def get(self, request: Request, digest: str) -> HttpResponseBase:
        """Return the picture. For who may see a plan that shows it."""
        picture = plan_pictures.visible_to(user_of(request), digest)
        return file_answers.of_file(request._request, picture)


class FileView(DeskView):
    """Answers with a file, or removes it."""

    parser_classes = (JSONParser, FormParser, MultiPartParser)

    @calls.file
    def get(self, request: Request, pk: int) -> HttpResponseBase:
        """Return the file itself. For who may see its task."""
        return file_answers.of_file(request._request, evidence.visible_to(user_of(request), pk))

    @calls.remove_file
    def delete(self, request: Request, pk: int) -> Response:
        """Remove the file. For the task's holder and managers; removing it again does no harm."""
        removal = validated(Removal, request.data)
        evidence.remove(pk, by=user_of(request), **removal)
        return Response(status=status.HTTP_204_NO_CONTENT)


def visible_task(request: Request, pk: int) -> Task:
    """Return a task. Raises NotFound also where the caller may not see its files."""
    task = Task.objects.filter(pk=pk).first()
    if task is None or not evidence.may_see(request.user, task):
        raise NotFound(_("There is no task %(id)s.") % {"id": pk})
    return task
