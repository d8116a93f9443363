"""Check plans for tests, with or without the rules of publishing."""

from typing import Any

from qc import history
from qc.checks.plan_draft import complete
from qc.core.canonical_json import hashed
from qc.models import ChangeKind, CheckPlan, PlanItem, PlanVersion, Queue


def give_plan(queue: Queue, *items: dict[str, Any], **settings: Any) -> PlanVersion:
    """Give a queue a new version of its plan, with these items in the form of `qc.checks.plan`."""
    content = {"rule": "critical", "pass_score": 100, **settings}
    content["items"] = [{"kind": "ok", "question": one["key"].title(), **one} for one in items]
    version = PlanVersion.objects.create(
        queue=queue,
        number=queue.plan_versions.count() + 1,
        content=content,
        digest=hashed(content),
    )
    queue.plan = version
    history.save(queue, kind=ChangeKind.PLAN_PUBLISHED, by=None, fields=["plan"])
    return version


def write_plan(queue: Queue, *items: dict[str, Any], **settings: Any) -> CheckPlan:
    """Write a plan as a manager does, with these columns of its items; publish nothing."""
    plan = CheckPlan.objects.create(queue=queue, **settings)
    rows = [PlanItem(plan=plan, position=at, **item) for at, item in enumerate(items)]
    complete(rows)
    PlanItem.objects.bulk_create(rows)
    return plan
