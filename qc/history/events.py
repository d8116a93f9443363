"""Events of the audit trail that change no task, person or queue.

Such as a failed sign-in, an export, or a reading of the trail: a row for each, with who, when and
through which channel, as in the rows of history. Never a password, never a token.
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
    """Record that something happened, by the current user unless `by` is given."""
    values = dict(filters or {})
    about = values.pop(PERSON, "")
    if filters is not None:
        details["filters"] = values
    AuditEvent.objects.create(
        kind=kind,
        history_user=by or current_user(),
        name=name[:LONGEST_NAME],
        address=address,
        about=about[:LONGEST_NAME],
        details=details,
    )
