"""What the buttons of an import do: read it otherwise, confirm, stop, go on, undo, cancel."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import imports, tasks
from qc.admin.imports.forms import ReadingForm
from qc.admin.shared.access import page_view
from qc.core.exceptions import Busy, QCError
from qc.imports import undo as import_undo
from qc.models import Import, ImportState
from qc.work import bulk_changes

import_button = page_view("qc.manage_task", after_sign_in="admin:imports", methods=["POST"])


@import_button
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file in another way, and checks it anew."""
    record = _theirs(request, pk)
    form = ReadingForm(record, request.POST)
    if not form.is_valid():
        messages.error(request, _("Please choose from the lists."))
        return _to(record)
    return _done(request, record, partial(imports.read_as, record, *form.answer()))


@import_button
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm it."""
    record = _theirs(request, pk)
    only_good = request.POST.get("only_good") == "1"
    return _done(request, record, partial(imports.confirm, record, only_good=only_good))


@import_button
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a worker once more."""
    return redirect_after_run(request, get_object_or_404(Import, pk=pk))


@import_button
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it."""
    record = get_object_or_404(Import, pk=pk)
    imports.stop(record, by=request.user)  # type: ignore[arg-type]
    return _to(record)


@import_button
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo it."""
    record = get_object_or_404(Import, pk=pk)
    return _done(request, record, partial(import_undo.begin, record, by=request.user))  # type: ignore[arg-type]


@import_button
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel those of its new tasks that nobody has touched."""
    record = get_object_or_404(Import, pk=pk)
    if not record.has_written:
        return _to(record)
    told: Any = {"by": request.user, "reason": request.POST.get("reason", "").strip()}
    try:
        begun = bulk_changes.begin("cancel", import_undo.untouched(record), **told)
    except QCError as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:import_undo", args=[pk]))
    return HttpResponseRedirect(reverse("admin:qc_task_bulk", args=[begun.pk]))


def redirect_after_run(request: HttpRequest, record: Import) -> HttpResponse:
    """Carry it on, say how that went, and go to its page."""
    was = record.state
    try:
        tasks.dispatch(record)
    except Busy as refusal:
        messages.warning(request, str(refusal))
    if was != record.state:
        _say(request, record)
    return _to(record)


def _done(request: HttpRequest, record: Import, change: Any) -> HttpResponse:
    try:
        change()
    except QCError as refusal:
        messages.warning(request, str(refusal))
        return _to(record)
    return redirect_after_run(request, record)


def _say(request: HttpRequest, record: Import) -> None:
    if record.state == ImportState.DONE:
        messages.success(request, said(record))
    elif record.state == ImportState.UNDONE:
        messages.success(request, _("The import is undone."))


def said(record: Import) -> str:
    """Say what an import has done."""
    new = ngettext("%d task is new", "%d tasks are new", record.new) % record.new
    others = (record.changed, record.unchanged, record.left_alone)
    text = new + _(", %d changed, %d unchanged, %d skipped") % others
    return text + (_(", %d refused.") % record.refused if record.refused else ".")


def _theirs(request: HttpRequest, pk: int) -> Import:
    """Return an import of this manager's own: nobody confirms what another has brought."""
    record = get_object_or_404(Import, pk=pk)
    if record.by_id != request.user.pk:
        raise PermissionDenied
    return record


def _to(record: Import) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:import", args=[record.pk]))


urlpatterns = [
    path("imports/<int:pk>/read/", read, name="import_read"),
    path("imports/<int:pk>/begin/", begin, name="import_begin"),
    path("imports/<int:pk>/again/", again, name="import_again"),
    path("imports/<int:pk>/stop/", stop, name="import_stop"),
    path("imports/<int:pk>/undo/begin/", undo, name="import_undo_begin"),
    path("imports/<int:pk>/undo/cancel/", cancel, name="import_undo_cancel"),
]
