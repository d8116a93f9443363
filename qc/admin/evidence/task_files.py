"""The files of a task as pages show them: at their items, and with the task itself."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from qc import permissions
from qc.admin.shared import etags
from qc.checks import evidence, plan
from qc.models import AnswerKind, Evidence, Status, Task

# What browsers offer to choose. Photos that are none of these become JPEG on an iPhone.
ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,application/pdf,text/plain,.txt,.csv"


@dataclass(frozen=True)
class FilePlace:
    """A place for files on a page: an item of a plan, or the task itself (`item` is "")."""

    task: Task
    item: str
    label: str
    files: list[Evidence]
    may_change: bool
    # Who removes a file from a task that is not in their hands says why.
    needs_reason: bool
    accepted: str = ACCEPTED

    @property
    def id(self) -> str:
        """The id of the list of files on the page."""
        return f"files-{self.task.pk}{self.item and f'-{self.item}'}"

    @property
    def field(self) -> str:
        """The name of the field for files, where the page has no script."""
        return f"file{self.item and f'-{self.item}'}"


class TaskFiles:
    """The files of a task for somebody: read when they are shown, in one statement.

    A task that was read with `has_files` False (`evidence.HAS_FILES`) costs none.
    """

    def __init__(self, task: Task, user: Any) -> None:
        self.task, self.user = task, user

    @cached_property
    def all(self) -> list[Evidence]:
        """All files of the task, the oldest first."""
        return evidence.of_task(self.task.pk) if getattr(self.task, "has_files", True) else []

    @cached_property
    def version(self) -> str:
        """A version that changes when a file comes or goes."""
        return etags.version([row.pk for row in self.all])

    @cached_property
    def is_holder(self) -> bool:
        """Whether the task is in the hands of this user."""
        return self.task.status == Status.ASSIGNED and self.task.assignee_id == self.user.pk

    @cached_property
    def may_change(self) -> bool:
        """Whether this user may add and remove files."""
        return self.is_holder or permissions.is_manager(self.user)

    @cached_property
    def photo_items(self) -> dict[str, str]:
        """The questions of the plan that are answered by photos, by their keys."""
        version = self.task.plan_id or self.task.queue.plan_id
        items = plan.of_version(version).items if version else ()
        return {item.key: item.question for item in items if item.kind == AnswerKind.PHOTO}

    @property
    def own(self) -> FilePlace:
        """The place of the files that are shown at no item."""
        shown = self.photo_items
        return self._place("", "", [row for row in self.all if row.item not in shown])

    @property
    def places(self) -> list[FilePlace]:
        """All places: those of the items, and that of the task itself."""
        return [*map(self.of_item, self.photo_items), self.own]

    def of_item(self, key: str) -> FilePlace:
        """Return the place of an item."""
        files = [row for row in self.all if row.item == key]
        return self._place(key, self.photo_items.get(key, key), files)

    def _place(self, item: str, label: str, files: list[Evidence]) -> FilePlace:
        return FilePlace(self.task, item, label, files, self.may_change, not self.is_holder)
