"""The state of sealing and verifying the audit trail, and the alarm if it was changed."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from qc.audit.seals import sealing, verification_runs

register = template.Library()

# Sealing runs every minute: if a row has waited longer than this, it doesn't run.
SEALING_OVERDUE = timedelta(minutes=10)


@register.inclusion_tag("qc/trail/seals.html")
def seal_status() -> dict[str, Any]:
    """Show the state of sealing and verification."""
    waiting = sealing.waiting_since()
    is_behind = waiting is not None and waiting < timezone.now() - SEALING_OVERDUE
    state = verification_runs.state()
    return state._asdict() | {"breach": state.violation, "waiting": waiting if is_behind else None}
