"""The addresses of files: sent to a task, removed from it, shown and saved.

A script sends one file at a time and is answered in JSON; a form without it is redirected.
"""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.views import redirect_to_login
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from qc.admin.evidence.task_files import TaskFiles
from qc.admin.shared import check_fields
from qc.admin.shared.access import page_view
from qc.checks import evidence, plan_pictures
from qc.core.exceptions import Busy, InvalidInput, NotAllowed, NotFound, QCError
from qc.models import Task
from qc.web import file_answers, upload_limits
from qc.web.errors import RETRY_AFTER
from qc.web.referers import own_referer
from qc.web.users import user_of
from qc.work import actions

FIELD = "file"
CREATED, INVALID, FORBIDDEN, MISSING, CONFLICT, BUSY = 201, 400, 403, 404, 409, 503
STATUS: dict[type[QCError], int] = {
    InvalidInput: INVALID,
    NotAllowed: FORBIDDEN,
    NotFound: MISSING,
    Busy: BUSY,
}

post_view = page_view(after_sign_in="admin:my_work", methods=["POST"])


@post_view
def add(request: HttpRequest, task: int) -> HttpResponse:
    """Add the files of a form to a task, each at the item that its field names."""
    _keep_draft(request, task)
    sent = [(field, file) for field, files in request.FILES.lists() for file in files]
    refusals = [why for field, file in sent if (why := _added(request, task, field, file))]
    if _is_script(request):
        return _to_script(request, task, sent, refusals)
    for sentence, _status in refusals or _nothing(request, sent):
        messages.error(request, sentence)
    return _back(request)


@post_view
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a file."""
    try:
        removed = evidence.remove(pk, by=user_of(request), reason=request.POST.get("reason", ""))
    except QCError as refusal:
        if _is_script(request):
            return JsonResponse({"message": str(refusal)}, status=_status(refusal))
        messages.error(request, str(refusal))
        return _back(request)
    if _is_script(request):
        return JsonResponse(_lists(request, removed.task))
    messages.success(request, _("%s is removed.") % removed.name)
    return _back(request)


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Return a file."""
    return _served(request, evidence.visible_to, pk, file_answers.of_file)


@require_safe
def thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Return the thumbnail of a picture."""
    return _served(request, evidence.visible_to, pk, file_answers.of_thumbnail)


@require_safe
def picture(request: HttpRequest, digest: str) -> HttpResponseBase:
    """Return the picture of a plan's item."""
    return _served(request, plan_pictures.visible_to, digest, file_answers.of_file)


@require_safe
def picture_thumbnail(request: HttpRequest, digest: str) -> HttpResponseBase:
    """Return the thumbnail of a picture of a plan's item."""
    return _served(request, plan_pictures.visible_to, digest, file_answers.of_thumbnail)


def _served(request: HttpRequest, find: Any, pk: Any, serve: Any) -> HttpResponseBase:
    """Return what `serve` makes of what `find` finds; 404 too for who may not see it."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    if not site.has_permission(request):
        raise Http404
    try:
        return serve(request, find(user_of(request), pk))
    except NotFound as error:
        raise Http404 from error


def _added(
    request: HttpRequest, task: int, field: str, file: UploadedFile
) -> tuple[str, int] | None:
    """Add a file; return the sentence of its refusal with the status, None if it is there."""
    item = field.removeprefix(FIELD).removeprefix("-") or request.POST.get("item", "")
    defect = request.POST.get("defect", "")
    try:
        evidence.add(task, file, by=user_of(request), item=item, defect=defect)
    except QCError as refusal:
        return f"{file.name}: {refusal}", _status(refusal)
    with suppress(QCError):
        # Whoever adds a file has it in front of them.
        actions.open_task(task, by=user_of(request))
    return None


def _nothing(request: HttpRequest, sent: list[Any]) -> list[tuple[str, int]]:
    """Return the refusal of a form in which no file has arrived."""
    if sent:
        return []
    if getattr(request, "qc_upload_is_too_large", False):
        return [(upload_limits.together(), INVALID)]
    return [(_("Please choose a file."), INVALID)]


def _to_script(
    request: HttpRequest, task: int, sent: list[Any], refusals: list[tuple[str, int]]
) -> HttpResponse:
    for sentence, status in refusals or _nothing(request, sent):
        headers = {"Retry-After": str(RETRY_AFTER)} if status == BUSY else {}
        return JsonResponse({"message": sentence}, status=status, headers=headers)
    return JsonResponse(_lists(request, Task.objects.get(pk=task)), status=CREATED)


def _lists(request: HttpRequest, task: Task) -> dict[str, Any]:
    """Return the lists of a task's files as they are now, by their ids on the page."""
    files = TaskFiles(task, request.user)
    places = {
        place.id: render_to_string("qc/evidence/list.html", {"place": place}, request)
        for place in files.places
    }
    return {"lists": places}


def _keep_draft(request: HttpRequest, task: int) -> None:
    """Keep what a form without script has sent along with files, as it is not shown again."""
    if "notes" not in request.POST:
        return
    with suppress(QCError):
        actions.save_draft(
            task,
            check_fields.notes(request),
            by=user_of(request),
            check=check_fields.read(request),
            version=check_fields.draft_version(request),
            plan=check_fields.plan_id(request),
        )


def _back(request: HttpRequest) -> HttpResponse:
    return redirect(own_referer(request) or reverse("admin:my_work"))


def _status(refusal: QCError) -> int:
    kinds = (STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)
    return next(kinds, CONFLICT)


def _is_script(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


urlpatterns = [
    path("files/task/<int:task>/add/", add, name="evidence_add"),
    path("files/<int:pk>/", file, name="evidence_file"),
    path("files/<int:pk>/thumbnail/", thumbnail, name="evidence_thumbnail"),
    path("files/<int:pk>/remove/", remove, name="evidence_remove"),
    path("files/pictures/<slug:digest>/", picture, name="item_picture"),
    path(
        "files/pictures/<slug:digest>/thumbnail/", picture_thumbnail, name="item_picture_thumbnail"
    ),
]
