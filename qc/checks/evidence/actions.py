"""Adding and removing files, each with an event in the audit trail, which is sealed."""

from functools import partial
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.checks import plan
from qc.checks.evidence import received, scanning, storage
from qc.checks.evidence.reading import may_see
from qc.checks.evidence.received import Prepared
from qc.checks.evidence.storage import Names
from qc.core.exceptions import InvalidInput, InvalidTransition, NotFound
from qc.core.transactions import retrying
from qc.models import AuditEvent, DefectCode, EventKind, Evidence, Status, Task, User

# The most files that a task may have.
MOST_FILES = 50


def add(task_id: int, file: File, *, by: User, item: str = "", defect: str = "") -> Evidence:
    """Add a file to a task: to an item of its plan, to a defect of a code, or to the task itself.

    Its holder may, and managers. The same file at the same place is added once. Raises NotFound,
    NotAllowed, InvalidTransition, Busy where it can't be scanned, and InvalidInput of `file`,
    `item` or `defect`; then nothing is stored. The file is written before its row: at worst one is
    left that nobody knows, and the hourly job deletes it.
    """
    task = _checked_task(Task.objects.all(), task_id, by)
    _check_place(task, item, defect)
    prepared = _prepare(task, file, by)
    place = {"task": task, "item": item, "defect": defect, "digest": prepared.digest}
    if (same := _same(place)) is not None:
        return same
    names = storage.write(prepared)
    try:
        added = _record(prepared, names, place, by=by)
    except BaseException:
        storage.delete(names)
        raise
    if added.file != names.file:
        # The same was sent twice at once.
        storage.delete(names)
    return added


def remove(evidence_id: int, *, by: User, reason: str = "") -> Evidence:
    """Remove a file, which is deleted at once; its row stays.

    The task's holder may; managers may too, and say why. Removing it again changes nothing.
    Raises NotFound also where this user may not see the file, NotAllowed, InvalidTransition, and
    InvalidInput for a missing reason.
    """
    return _remove(evidence_id, by, reason.strip())


def _checked_task(tasks: QuerySet[Task], task_id: int, by: User) -> Task:
    """Return a task whose files this user may change now."""
    task = tasks.filter(pk=task_id).first()
    if task is None:
        raise NotFound(_("There is no task %(id)s.") % {"id": task_id})
    permissions.check(by, "files", task)
    if task.status != Status.ASSIGNED and not permissions.is_manager(by):
        message = _("%(task)s is %(status)s: only a manager may change its files.")
        values = {"task": task.reference, "status": task.get_status_display()}
        raise InvalidTransition(message % values)
    return task


def _check_place(task: Task, item: str, defect: str) -> None:
    """Raise InvalidInput for an item that the plan has not, and for an unknown defect code."""
    version = task.plan_id or (task.queue.plan_id if item else None)
    if item and (version is None or item not in plan.of_version(version).by_key):
        raise InvalidInput("item", _("The check plan has no item “%s”.") % item[:50])
    if defect and not DefectCode.objects.filter(code=defect, is_active=True).exists():
        raise InvalidInput("defect", _("There is no defect code “%s”.") % defect[:50])


def _prepare(task: Task, file: File, by: User) -> Prepared:
    content = received.opened(file)
    try:
        scanning.scan(content)
    except scanning.Infected:
        _write_event(EventKind.EVIDENCE_REFUSED, task, by, file=file.name, size=file.size)
        raise
    return received.prepare(content, file.name or "")


def _same(place: dict[str, Any]) -> Evidence | None:
    return Evidence.objects.filter(**place, removed_at=None).first()


@retrying
def _record(prepared: Prepared, names: Names, place: dict[str, Any], *, by: User) -> Evidence:
    """Write the row and its event; return the row that has the file already, if there is one."""
    task = _locked_task(place["task"].pk, by)
    if (same := _same(place)) is not None:
        return same
    if Evidence.objects.filter(task=task, removed_at=None).count() >= MOST_FILES:
        message = _("%(task)s has %(most)d files already, which is the most.")
        raise InvalidInput("file", message % {"task": task.reference, "most": MOST_FILES})
    added = Evidence.objects.create(
        **place | {"task": task},
        name=prepared.name,
        content_type=prepared.content_type,
        size=prepared.size,
        file=names.file,
        thumbnail=names.thumbnail,
        added_by=by,
    )
    details = event_details(added) | prepared.digests
    _write_event(EventKind.EVIDENCE_ADDED, task, by, **details, size=added.size)
    return added


@retrying
def _remove(evidence_id: int, by: User, reason: str) -> Evidence:
    found = Evidence.objects.filter(pk=evidence_id).select_related("task").first()
    if found is None or not may_see(by, found.task):
        raise NotFound(_("There is no such file."))
    task = _locked_task(found.task_id, by)
    found.refresh_from_db()
    if found.removed_at is not None:
        return found
    is_holder = task.status == Status.ASSIGNED and task.assignee_id == by.pk
    if not (is_holder or reason):
        raise InvalidInput("reason", _("Please give a reason."))
    found.removed_at = timezone.now()
    found.save(update_fields=["removed_at"])
    _write_event(EventKind.EVIDENCE_REMOVED, task, by, **event_details(found), reason=reason)
    transaction.on_commit(partial(storage.discard, found))
    return found


def _locked_task(task_id: int, by: User) -> Task:
    """Lock a task, and before it who acts, whom the new rows refer to."""
    User.objects.locked(by.pk).first()
    return _checked_task(Task.objects.select_for_update(), task_id, by)


def event_details(row: Evidence) -> dict[str, Any]:
    """Return what an event says of a file, beside its task."""
    place = {name: value for name in ("item", "defect") if (value := getattr(row, name))}
    return {"evidence": row.pk, "file": row.name, "sha256": row.digest, **place}


def _write_event(kind: EventKind, task: Task, by: User, **details: Any) -> None:
    details = {"task": task.reference, "task_id": task.pk, **details}
    AuditEvent.objects.create(kind=kind, history_user=by, details=details)
