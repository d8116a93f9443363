"""Check plans are published: each change makes a version, by which tasks are checked from then on.

A task that is started keeps the version that it was started with. All raise NotAllowed.
"""

from collections.abc import Sequence

from django.db.models import F, Max
from django.utils.translation import gettext as _

from qc import history, permissions
from qc.checks.plan_draft import Fault, content_of, faults
from qc.core.canonical_json import hashed
from qc.core.exceptions import InvalidInput, InvalidTransition, QCError
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.history import events
from qc.models import (
    ChangeKind,
    CheckPlan,
    EventKind,
    PlanItem,
    PlanVersion,
    Queue,
    Status,
    Task,
    User,
)


class InvalidPlan(QCError):
    """A plan can't be published: `faults` says why, item by item."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(map(str, faults)))
        self.faults = faults


@retrying
def publish(plan: CheckPlan, by: User) -> PlanVersion:
    """Publish a plan as it is stored; return its version, a new one only if anything changed.

    Whoever stores items makes them `plan_draft.complete` first.
    Raises InvalidPlan, and InvalidTransition where the queue is closed.
    """
    queue = locked(plan.queue_id, by)
    plan = CheckPlan.objects.get(pk=plan.pk)
    items = list(plan.items.all())
    if found := list(faults(plan, items)):
        raise InvalidPlan(found)
    content = content_of(plan, items)
    if queue.plan and queue.plan.digest == hashed(content):
        return queue.plan
    last = queue.plan_versions.aggregate(last=Max("number"))["last"] or 0
    version = PlanVersion(queue=queue, number=last + 1, content=content, created_by=by)
    _use(queue, version, by)
    return version


@retrying
def retire(plan_id: int, *, by: User, reason: str) -> CheckPlan:
    """Let a queue have no check plan any more; what was written stays, and can be published."""
    plan = CheckPlan.objects.get(pk=plan_id)
    queue = locked(plan.queue_id, by)
    if queue.plan:
        queue.plan = None
        kind = ChangeKind.PLAN_PUBLISHED
        history.save(queue, kind=kind, by=by, reason=reason, fields=["plan"])
    return plan


@retrying
def copy(from_queue: Queue, to_queue: Queue, by: User) -> PlanVersion:
    """Give a queue the check plan of another one in place of its own, and publish it.

    Raises InvalidInput where there is none to copy, InvalidPlan and InvalidTransition.
    """
    locked(to_queue.pk, by)
    source = CheckPlan.objects.filter(queue=from_queue).first()
    if source is None or from_queue == to_queue:
        raise InvalidInput("from_queue", _("Choose another queue that has a check plan."))
    settings = {"rule": source.rule, "pass_score": source.pass_score}
    plan, _is_new = CheckPlan.objects.update_or_create(queue=to_queue, defaults=settings)
    plan.items.all().delete()
    items = list(source.items.all())
    for item in items:
        item.pk, item.plan = None, plan
    PlanItem.objects.bulk_create(items)
    return publish(plan, by)


def locked(queue_id: int, by: User) -> Queue:
    """Return a queue whose plan nobody else changes until the transaction ends."""
    permissions.check_manager(by)
    queue = Queue.objects.select_for_update().get(pk=queue_id)
    if queue.is_closed:
        raise InvalidTransition(_("%(queue)s is closed.") % {"queue": queue})
    return queue


def started(queue: Queue) -> int:
    """Return how many tasks of a queue are started: they keep the version that they have."""
    tasks = Task.objects.filter(queue=queue, status=Status.ASSIGNED, started_at__isnull=False)
    return tasks.exclude(plan=F("queue__plan")).count()


def _use(queue: Queue, version: PlanVersion, by: User) -> None:
    """Store a new version and let the queue have it, with its row of history and its event."""
    version.digest = hashed(version.content)
    version.save()
    queue.plan = version
    with for_the_record():
        reason = _("Version %d") % version.number
    history.save(queue, kind=ChangeKind.PLAN_PUBLISHED, by=by, reason=reason, fields=["plan"])
    events.record(
        EventKind.PLAN_VERSION,
        by=by,
        queue=queue.pk,
        queue_name=queue.name,
        number=version.number,
        digest=version.digest,
    )
