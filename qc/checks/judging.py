"""A check that was sent, judged as a whole: answers, defects, quantities and outcome."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from qc.checks import answers, defects, evidence, outcomes, quantities
from qc.checks.answers import Answered
from qc.checks.check_input import CheckInput, FoundDefect
from qc.checks.plan import Plan, of_version
from qc.core.exceptions import InvalidCheck, InvalidInput
from qc.models import Outcome, OutcomeRule, Status, Task


@dataclass(frozen=True)
class Judged:
    """A check that is right in all its parts, with its outcome. `files` are those of the task."""

    outcome: Outcome
    answers: Sequence[Answered] = ()
    defects: Sequence[FoundDefect] = ()
    inspected: int | None = None
    rejected: int | None = None
    score: float | None = None
    files: Sequence[dict[str, Any]] = field(default=())

    def findings(self) -> dict[str, Any] | None:
        """Return it as it is kept with the task; None where the check found nothing at all."""
        parts = {
            "answers": {one.item.key: one.as_json() for one in self.answers},
            "score": self.score,
            "defects": [vars(one) for one in self.defects],
            "files": list(self.files),
        }
        return {name: part for name, part in parts.items() if part or part == 0} or None

    def as_sent(self) -> CheckInput:
        """Return it as somebody would send it, in its plain form."""
        given = {one.item.key: one.value or one.verdict.value for one in self.answers}
        return CheckInput(given, tuple(self.defects), self.inspected, self.rejected)


def judged(task: Task, sent: CheckInput, chosen: str | None) -> Judged:
    """Judge the check of a locked task by its plan and queue; `chosen` is the outcome, if any.

    Raises InvalidCheck, which names all that is missing or wrong.
    """
    plan = plan_of(task)
    if _is_plain(task, plan, sent):
        return Judged(outcomes.decided(outcomes.PLAIN, chosen))
    files = evidence.of_check(task)
    errors: dict[str, str] = {}
    answered: list[Answered] = []
    found: list[FoundDefect] = []
    with _added_to(errors):
        photographed = {one["item"] for one in files}
        answered = answers.read(plan, sent.answers, photographed=photographed)
    with _added_to(errors):
        found = defects.checked(task.queue, sent.defects, plan) if sent.defects else []
    # By half of the answers, no outcome is wrong.
    outcome = Outcome(chosen or Outcome.PASSED)
    with _added_to(errors):
        outcome = outcome if errors else _outcome(task, plan, answered, sent, chosen)
    with _added_to(errors):
        quantities.check(task, sent, outcome)
    if errors:
        raise InvalidCheck(errors)
    score = outcomes.score(answered) if plan and plan.rule == OutcomeRule.SCORE else None
    return Judged(outcome, answered, found, sent.inspected, sent.rejected, score, files)


def _is_plain(task: Task, plan: Plan | None, sent: CheckInput) -> bool:
    """Return whether a task has nothing to judge but what its checker says: most have not."""
    queue = task.queue
    return not (
        plan
        or sent
        or queue.needs_defects
        or queue.counts_quantities
        or getattr(task, "has_files", True)
    )


def plan_of(task: Task) -> Plan | None:
    """Return the plan by which a task is checked, or would be if it were started now."""
    version = version_of(task)
    return of_version(version) if version else None


def version_of(task: Task) -> int | None:
    """Return the id of the version of that plan."""
    if task.plan_id is not None or task.status == Status.COMPLETED:
        return task.plan_id
    return task.queue.plan_id


def _outcome(
    task: Task, plan: Plan | None, answered: list[Answered], sent: CheckInput, chosen: str | None
) -> Outcome:
    """Return the outcome. Raises InvalidInput where it can't be that, or no defect is named."""
    counts = (sent.inspected, sent.rejected) if task.queue.counts_quantities else (None, None)
    outcome = outcomes.decided(outcomes.ruling(plan, answered, *counts), chosen)
    defects.require(task.queue, outcome, sent.defects)
    return outcome


@contextmanager
def _added_to(errors: dict[str, str]) -> Iterator[None]:
    """Add the errors of what is refused inside."""
    try:
        yield
    except InvalidCheck as refusal:
        errors |= refusal.errors
    except InvalidInput as refusal:
        errors[refusal.field] = str(refusal)
