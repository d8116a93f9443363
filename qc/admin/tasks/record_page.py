"""The record of a task to print or keep: the whole of it, to the seals of its history.

It is on white paper whatever the theme, and the audit trail says that it was read.
"""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from qc import history
from qc.admin.evidence.task_files import TaskFiles
from qc.admin.shared import diffs
from qc.admin.shared.access import page_view
from qc.admin.tasks.check_record import CheckRecord
from qc.audit.seals import proofs
from qc.core.localization import zone_in_words
from qc.history import events, timeline
from qc.models import EventKind, Task
from qc.work import rework


@page_view("qc.view_task", "qc.view_historicaltask", after_sign_in="admin:qc_task_changelist")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the record, and record that it was read."""
    related = ("queue", "assignee", "plan", "created_by", "origin")
    task = Task.objects.select_related(*related).filter(pk=pk).first()
    if task is None:
        raise Http404
    rows = _rows(task)
    filters = {"history": "task", "task": str(task)}
    events.record(EventKind.READ, filters=filters, rows=len(rows), place={"record": "print"})
    context = {
        "task": task,
        "record": CheckRecord(task),
        "life": timeline.of_task(task),
        "files": TaskFiles(task, request.user),
        "chain": rework.chain(task),
        "zone": zone_in_words(),
        "rows": rows,
        "most": timeline.MOST_ROWS,
        "now": timezone.now(),
        "reader": request.user,
    }
    return render(request, "qc/tasks/record.html", context)


def _rows(task: Task) -> Sequence[Any]:
    """Return the history rows, newest first, with their changes and seals."""
    rows = history.of(task).prefetch_related(*diffs.named_by(task.history.model))
    newest = list(rows[: timeline.MOST_ROWS])
    for row in newest:
        row.table = "task"
    diffs.set_changes(newest)
    proofs.add_seals(newest)
    return newest


urlpatterns = [path("qc/task/<int:pk>/print/", page, name="task_record")]
