"""How far the audit trail is sealed and verified, and the alarm when it was changed."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from qc.audit.seals import sealing, verification_runs

register = template.Library()

# Sealing runs every minute: rows that have waited longer than this show that it doesn't run.
PATIENCE = timedelta(minutes=10)


@register.inclusion_tag("qc/trail/seals.html")
def seal_status() -> dict[str, Any]:
    """Show the state of sealing and verification."""
    waiting = sealing.waiting_since()
    is_behind = waiting is not None and waiting < timezone.now() - PATIENCE
    state = verification_runs.state()
    return state._asdict() | {"breach": state.violation, "waiting": waiting if is_behind else None}
