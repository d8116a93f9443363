"""The files of tasks, and who may see them."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from qc import permissions
from qc.core.exceptions import NotFound
from qc.models import Evidence, Task, User

# For a query of tasks that is made anyway: `.annotate(has_files=HAS_FILES)`.
HAS_FILES = Exists(Evidence.objects.filter(task=OuterRef("pk"), removed_at=None))


def may_see(user: Any, task: Task) -> bool:
    """Return whether this user may see a task's files.

    Managers and auditors may, who holds the task, and who completed it.
    """
    return permissions.is_auditor(user) or (user.pk is not None and task.assignee_id == user.pk)


def visible_to(user: User, evidence_id: int) -> Evidence:
    """Return a file that is still there. Raise NotFound also where this user may not see it."""
    found = _present().select_related("task").filter(pk=evidence_id).first()
    if found is None or not may_see(user, found.task):
        raise NotFound(_("There is no such file."))
    return found


def of_task(task_id: int) -> list[Evidence]:
    """Return the files of a task, the oldest first, each with who added it."""
    return list(_present().filter(task=task_id).select_related("added_by").order_by("pk"))


def of_check(task: Task) -> list[dict[str, Any]]:
    """Return what `Task.findings["files"]` says of the files that are there now.

    Call it with the task locked. Most tasks have none: where the statement that has read the task
    was annotated with `HAS_FILES`, as `has_files`, these cost no statement.
    """
    if not getattr(task, "has_files", True):
        return []
    rows = _present().filter(task=task.pk).order_by("pk")
    names = {"id": "id", "sha256": "digest", "name": "name", "item": "item", "defect": "defect"}
    return [{name: getattr(row, column) for name, column in names.items()} for row in rows]


def _present() -> QuerySet[Evidence]:
    return Evidence.objects.filter(removed_at=None)
