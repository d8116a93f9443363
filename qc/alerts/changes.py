"""Changes of alerts: each leaves an event that says what was changed, and from what to what.

Whoever changes one writes the event in the same transaction, as for defect codes: `as_recorded`
before and after it, then `record`. An alert without its row is `{}`.
"""

from typing import Any

from qc.core.masking import masked
from qc.history import events
from qc.models import Alert, AlertMessage, EventKind

# As they are: `queue` is recorded by its name, and no address in full.
PLAIN = ("name", "nobody_there", "late_more_than", "time_zone", "is_active")
TEXTS = (
    *("waiting_longer_than", "silent_longer_than"),
    *("quiet_from", "quiet_until", "digest_at"),
)

Recorded = dict[str, Any]


def as_recorded(pk: int | None) -> Recorded:
    """Return what is stored of an alert; nothing where there is none."""
    alert = Alert.objects.select_related("queue").filter(pk=pk or 0).first()
    if alert is None:
        return {}
    texts = {name: getattr(alert, name) for name in TEXTS}
    return (
        {name: getattr(alert, name) for name in PLAIN}
        | {name: "" if value is None else str(value) for name, value in texts.items()}
        | {"queue": alert.queue.name if alert.queue else ""}
        | {
            "emails": [masked(one) for one in alert.emails.split()],
            "webhook": masked(alert.webhook),
        }
    )


def record(before: Recorded, after: Recorded) -> None:
    """Record the values that differ; nothing where none does."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if names:
        events.record(
            EventKind.ALERT_CHANGED,
            alert=(after or before)["name"],
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names if name in after},
        )


def forget_obsolete(alert: Alert) -> None:
    """Drop what an alert no longer says: to addresses that it has not any more, or at all."""
    unsent = AlertMessage.objects.filter(alert=alert, sent_at__isnull=True)
    if alert.is_active:
        unsent = unsent.exclude(address__in=alert.addresses)
    else:
        alert.incidents.all().delete()
    unsent.delete()
