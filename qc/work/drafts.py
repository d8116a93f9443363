"""Notes and answers not yet sent: kept with the task, and never overwritten by older ones.

A draft is not part of the history; it travels with the task when that goes back to its queue.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.checks.check_input import CheckInput, of_draft
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed
from qc.core.transactions import retrying
from qc.core.wording import clock
from qc.models import Status, Task, User
from qc.work import guards, lifecycle

LONGEST = 10_000


@retrying
def save(  # noqa: PLR0913
    task_id: int,
    text: str | None,
    *,
    by: User,
    check: CheckInput | None = None,
    version: int | None = None,
    plan: int | None = None,
) -> Task:
    """Keep the notes and answers of the holder, which starts the task; return it.

    Without `text` the notes stay, without `check` the answers. `version` is the draft that both
    were based on, `plan` the id of the version of the check plan that is shown. Raises StaleDraft
    when a newer draft differs.
    """
    task = guards.locked_for("draft", task_id, by)
    text = task.draft if text is None else text
    guards.check_version(task, text, version, check)
    lifecycle.begin(task, timezone.now(), by=by, plan=plan)
    findings = task.draft_findings if check is None else check.as_draft()
    if task.draft != text or of_draft(task.draft_findings) != of_draft(findings):
        _write(task, text, findings)
    return task


@retrying
def send(task_id: int, text: str, *, by: User) -> Task:
    """Add notes to a task that the person held, for whoever works on it next; return it.

    Sending them again adds nothing. Raises NotAllowed for a person who never held it,
    InvalidTransition when it is finished, InvalidInput when the notes become too long.
    """
    task = guards.lock(task_id)
    if not history.of_tasks(by).filter(id=task.pk).exists():
        raise NotAllowed(_("%s was never assigned to you.") % task.reference)
    if task.status in Task.FINISHED:
        raise InvalidTransition(
            _("%(task)s is %(status)s: no notes can be added.")
            % {"task": task.reference, "status": task.get_status_display()}
        )
    if text.strip() and text.strip() not in task.draft:
        _append(task, text.strip(), by)
    return task


def _append(task: Task, text: str, by: User) -> None:
    is_own = task.status == Status.ASSIGNED and task.assignee_id == by.pk
    signed = text if is_own else f"{by}, {clock(timezone.now())}: {text}"
    draft = f"{task.draft}\n\n{signed}".strip()
    if len(draft) > LONGEST:
        message = _("The notes would be longer than %d characters.") % LONGEST
        raise InvalidInput("notes", message)
    _write(task, draft, task.draft_findings)


def _write(task: Task, text: str, findings: dict[str, Any] | None) -> None:
    task.draft, task.draft_version = text, task.draft_version + 1
    task.draft_findings = findings
    columns = {"draft": text, "draft_version": task.draft_version, "draft_findings": findings}
    Task.objects.filter(pk=task.pk).update(**columns)
