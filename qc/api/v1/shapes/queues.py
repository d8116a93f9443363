"""Queues and their check plans as the API answers them."""

from typing import Any

from qc.api.v1.shapes.moments import moment
from qc.models import PlanVersion


def of_queue(queue: Any) -> dict[str, Any]:
    """Return a queue with its numbers, as `qc.work.queue_counts` has them."""
    return {
        "id": queue.pk,
        "name": queue.name,
        "other_names": queue.other_names,
        "description": queue.description,
        "is_paused": queue.is_paused,
        "is_closed": queue.is_closed,
        "merged_into": queue.merged_into_id,
        "open_to_all": queue.open_to_all,
        "target_seconds": round(queue.target.total_seconds()),
        "scan_to_start": queue.scan_to_start,
        "needs_defects": queue.needs_defects,
        "counts_quantities": queue.counts_quantities,
        "reasons": queue.reasons,
        "waiting": queue.waiting_now,
        "assigned": queue.in_work_now,
        "people": queue.people_on_it,
        "plan": queue.plan.number if queue.plan else None,
    }


def of_plan(queue: Any) -> dict[str, Any]:
    """Return which version of a check plan a queue has now."""
    version: PlanVersion = queue.plan
    return {
        "queue": queue.pk,
        "queue_name": queue.name,
        "version": version.number,
        "published_at": moment(version.created_at),
        "items": len(version.content["items"]),
    }


def of_version(version: PlanVersion) -> dict[str, Any]:
    """Return a version of a check plan: what it asks, as a task has it."""
    return {
        "queue": version.queue_id,
        "version": version.number,
        "published_at": moment(version.created_at),
        "sha256": version.digest,
        **version.content,
    }
