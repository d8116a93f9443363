"""The buttons of an import: read again, confirm, stop, try again, undo, cancel its tasks."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import imports, tasks
from qc.admin.imports.reading_forms import ReadingForm
from qc.admin.shared.access import page_view
from qc.core.exceptions import Busy, NotAllowed, QCError
from qc.core.localization import number
from qc.imports import undo as import_undo
from qc.models import Import, ImportState
from qc.web.users import user_of
from qc.work import bulk_changes

import_button = page_view("qc.manage_task", after_sign_in="admin:imports", methods=["POST"])


@import_button
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file in another format or with other columns, and check it again."""
    record = _own_import(request, pk)
    form = ReadingForm(imports.looked_at(record, request.POST.get("encoding", "")), request.POST)
    if not form.is_valid():
        # Without scripts the page showed the columns in another encoding.
        form = ReadingForm(record, request.POST)
    if not form.is_valid():
        errors = [str(error) for some in form.errors.values() for error in some]
        messages.error(request, " ".join([_("Please choose from the lists."), *errors]))
        return redirect("admin:import", record.pk)
    return _done(request, record, partial(imports.read_as, record, *form.answer()))


@import_button
def begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the import, of all rows or only of the valid ones."""
    record = _own_import(request, pk)
    only_good = request.POST.get("only_good") == "1"
    return _done(request, record, partial(imports.confirm, record, only_good=only_good))


@import_button
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue the import for a worker once more."""
    return redirect_after_run(request, get_object_or_404(Import, pk=pk))


@import_button
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the import."""
    record = get_object_or_404(Import, pk=pk)
    imports.stop(record, by=user_of(request))
    return redirect("admin:import", record.pk)


@import_button
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo the import."""
    record = get_object_or_404(Import, pk=pk)
    return _done(request, record, partial(import_undo.begin, record, by=user_of(request)))


@import_button
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel the new tasks of the import that nobody has changed."""
    record = get_object_or_404(Import, pk=pk)
    if not record.has_written:
        return redirect("admin:import", record.pk)
    reason = request.POST.get("reason", "").strip()
    tasks_to_cancel = import_undo.untouched(record)
    try:
        begun = bulk_changes.begin("cancel", tasks_to_cancel, by=user_of(request), reason=reason)
    except QCError as refusal:
        messages.error(request, str(refusal))
        return redirect("admin:import_undo", pk)
    return redirect("admin:qc_task_bulk", begun.pk)


def redirect_after_run(request: HttpRequest, record: Import) -> HttpResponse:
    """Continue the import, show a message if it has ended, and go to its page."""
    state = record.state
    try:
        tasks.dispatch(record)
    except Busy as refusal:
        messages.warning(request, str(refusal))
    if state != record.state:
        _show_result(request, record)
    return redirect("admin:import", record.pk)


def _done(request: HttpRequest, record: Import, change: Any) -> HttpResponse:
    try:
        change()
    except QCError as refusal:
        messages.warning(request, str(refusal))
        return redirect("admin:import", record.pk)
    return redirect_after_run(request, record)


def _show_result(request: HttpRequest, record: Import) -> None:
    if record.state == ImportState.DONE:
        messages.success(request, _result(record))
    elif record.state == ImportState.UNDONE:
        messages.success(request, _("The import is undone."))


def _result(record: Import) -> str:
    new = ngettext("%s task is new", "%s tasks are new", record.new) % number(record.new)
    others = map(number, (record.changed, record.unchanged, record.left_alone))
    text = new + _(", %s changed, %s unchanged, %s skipped") % tuple(others)
    return text + (_(", %s refused.") % number(record.refused) if record.refused else ".")


def _own_import(request: HttpRequest, pk: int) -> Import:
    """Return an import that this manager uploaded: nobody may confirm another's."""
    record = get_object_or_404(Import, pk=pk)
    try:
        imports.check_own(record, user_of(request))
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    return record


urlpatterns = [
    path("imports/<int:pk>/read/", read, name="import_read"),
    path("imports/<int:pk>/begin/", begin, name="import_begin"),
    path("imports/<int:pk>/again/", again, name="import_again"),
    path("imports/<int:pk>/stop/", stop, name="import_stop"),
    path("imports/<int:pk>/undo/begin/", undo, name="import_undo_begin"),
    path("imports/<int:pk>/undo/cancel/", cancel, name="import_undo_cancel"),
]
