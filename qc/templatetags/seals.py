"""How far the audit trail is sealed and verified, and the alarm when it is not as it was."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils import timezone

from qc.audit.seals import sealing, verification_runs

register = template.Library()

# Sealing is each minute's work: what has waited so long says that nobody does it.
PATIENCE = timedelta(minutes=10)


@register.inclusion_tag("qc/trail/seals.html")
def seal_status() -> dict[str, Any]:
    """Show it in a line or two."""
    waiting = sealing.waiting_since()
    is_behind = waiting is not None and waiting < timezone.now() - PATIENCE
    state = verification_runs.state()
    waiting = waiting if is_behind else None
    return {**state._asdict(), "breach": state.violation, "waiting": waiting}
