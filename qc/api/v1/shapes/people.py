"""People as the API answers them: the columns that their pages show."""

from typing import Any

from qc import permissions
from qc.api.v1.shapes.moments import moment
from qc.models import User


def of_account(person: Any) -> dict[str, Any]:
    """Return an account; `person` has its `open_tasks`, and its roles and queues were read."""
    queues = [queue for queue in person.queues.all() if not queue.is_closed]
    return {
        "id": person.pk,
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "is_active": person.is_active,
        "is_logged_in": person.is_logged_in,
        "is_free": person.is_free(person.open_tasks),
        "break_reason": person.break_reason,
        "open_tasks": person.open_tasks,
        "capacity": person.capacity,
        "roles": sorted(group.name for group in person.groups.all()),
        "queues": sorted(queue.name for queue in queues),
        "last_seen_at": moment(person.last_seen_at),
    }


def of_account_in_full(person: Any) -> dict[str, Any]:
    """Return an account with what only its own page shows."""
    return of_account(person) | {
        "email": person.email,
        "language": person.language,
        "time_zone": person.time_zone,
    }


def of_caller(person: User, scopes: list[str] | None) -> dict[str, Any]:
    """Return who makes a call, and what they may do; `scopes` are those of a service token."""
    return {
        "id": person.pk,
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "roles": sorted(person.groups.values_list("name", flat=True)),
        "scopes": scopes,
        "may_work": permissions.may_work(person),
        "may_manage": permissions.is_manager(person),
        "may_read_all": permissions.is_auditor(person),
    }
