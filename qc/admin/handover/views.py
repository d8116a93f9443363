"""*Handover*: a page with all queues of a person, and one for each with its notes.

Open to auditors and managers for all queues, to others for those that they get tasks from.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.admin.shared.access import page_view
from qc.admin.shared.params import is_id
from qc.core.exceptions import NotAllowed, NotFound, QCError
from qc.models.handover import LONGEST_NOTE
from qc.web.users import user_of
from qc.work import handover

handover_view = page_view(after_sign_in="admin:handover")
handover_button = page_view(after_sign_in="admin:handover", methods=["POST"])


@handover_view
def queues(request: HttpRequest) -> HttpResponse:
    """Show the queues whose notes this person may read."""
    shown = handover.queues_of(user_of(request))
    return _page(request, "qc/handover/queues.html", {"queues": shown, "title": _("Handover")})


@handover_view
def notes(request: HttpRequest, queue: int) -> HttpResponse:
    """Show the notes of a queue, newest first, and where to write one."""
    return _notes(request, queue)


@handover_button
def write(request: HttpRequest, queue: int) -> HttpResponse:
    """Leave a note; one that is refused stays in its field."""
    try:
        handover.write(queue, request.POST.get("note", ""), by=user_of(request))
    except NotFound as error:
        raise Http404 from error
    except NotAllowed as error:
        raise PermissionDenied from error
    except QCError as refusal:
        messages.error(request, str(refusal))
        return _notes(request, queue, typed=request.POST.get("note", ""))
    messages.success(request, _("The note is there for the next shift."))
    return redirect("admin:handover_notes", queue)


@handover_button
def acknowledge(request: HttpRequest, note: int) -> HttpResponse:
    """Say by name that one has read a note."""
    try:
        read = handover.acknowledge(note, by=user_of(request))
    except NotFound as error:
        raise Http404 from error
    except NotAllowed as error:
        raise PermissionDenied from error
    return redirect("admin:handover_notes", read.queue_id)


def _notes(request: HttpRequest, queue_id: int, typed: str = "") -> HttpResponse:
    try:
        queue = handover.queue_for(user_of(request), queue_id)
    except NotFound as error:
        raise Http404 from error
    before = request.GET.get("before", "")
    shown = handover.notes_of(queue, int(before) if is_id(before) else None)
    context = {
        "title": _("Handover: %(queue)s") % {"queue": queue},
        "queue": queue,
        "notes": [(note, _has_read(note, request)) for note in shown],
        "older": shown[-1].pk if len(shown) == handover.MOST else None,
        "may_write": handover.may_write(user_of(request), queue),
        "typed": typed,
        "longest": LONGEST_NOTE,
    }
    return _page(request, "qc/handover/notes.html", context)


def _has_read(note: Any, request: HttpRequest) -> bool:
    """Return whether a user need not acknowledge a note: they did, or have written it."""
    me = request.user.pk
    return note.by_id == me or any(one.person_id == me for one in note.readings.all())


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    context |= {"today": timezone.localdate()}
    return render(request, template, site.each_context(request) | context)


urlpatterns = [
    path("handover/", queues, name="handover"),
    path("handover/<int:queue>/", notes, name="handover_notes"),
    path("handover/<int:queue>/write/", write, name="handover_write"),
    path("handover/notes/<int:note>/read/", acknowledge, name="handover_acknowledge"),
]
