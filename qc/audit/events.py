"""What happened and changed no task, person or queue, yet belongs to the audit trail.

Who could not sign in, who exported what, who read the trail: a row for each, that says who, when
and through what as the rows of history do. Never a password, never a token.
"""

from collections.abc import Mapping
from typing import Any

from qc.core.context import current_user
from qc.models import AuditEvent, EventKind, User
from qc.models.events import LONGEST_NAME, PERSON


def record(
    kind: EventKind,
    *,
    by: User | None = None,
    name: str = "",
    address: str | None = None,
    filters: Mapping[str, Any] | None = None,
    **details: Any,
) -> None:
    """Write down that something happened; `by` is who acts now, unless told."""
    asked = dict(filters or {})
    about = asked.pop(PERSON, "")
    if filters is not None:
        details["filters"] = asked
    AuditEvent.objects.create(
        kind=kind,
        history_user=by or current_user(),
        name=name[:LONGEST_NAME],
        address=address,
        about=about[:LONGEST_NAME],
        details=details,
    )
