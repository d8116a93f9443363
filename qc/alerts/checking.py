"""Compares what holds with the incidents of alerts, and leaves messages about what is new."""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.alerts.causes import Key, Situation
from qc.core.localization import for_the_record, localized
from qc.core.transactions import retrying
from qc.models import Alert, AlertIncident, AlertMessage, Queue
from qc.work import faults

# The most lines of a message; what is left is counted.
MOST_LINES = 20


def check() -> int:
    """Look at all alerts; return how many have something new to tell."""
    now = timezone.now()
    alerts = list(Alert.objects.filter(is_active=True))
    if not alerts:
        return 0
    incidents = _incidents()
    situation = Situation(alerts, now)
    changed: dict[int, dict[Key, str]] = {}
    for alert in alerts:
        with localized(settings.LANGUAGE_CODE, alert.time_zone):
            found = situation.causes(alert)
        if set(found) != incidents.get(alert.pk, set()):
            changed[alert.pk] = found

    @functools.wraps(update_incidents)
    def run(pk: int) -> bool:
        return update_incidents(pk, changed[pk], now)

    with for_the_record():
        return faults.each(run, changed, faults.named(Alert))


def _incidents() -> dict[int, set[Key]]:
    """Return the incidents of each alert that are not over."""
    incidents: dict[int, set[Key]] = {}
    rows = AlertIncident.objects.values_list("alert", "queue", "cause", "task")
    for alert, queue, cause, task in rows:
        incidents.setdefault(alert, set()).add(Key(queue, cause, task))
    return incidents


@retrying
def update_incidents(pk: int, found: Mapping[Key, str], now: datetime) -> bool:
    """End what is over, and begin what is new, with a message to each address.

    The alert's row is locked: of two workers the second finds nothing new any more.
    """
    alert = Alert.objects.select_for_update().filter(pk=pk, is_active=True).first()
    if alert is None:
        return False
    known = {Key(one.queue_id, one.cause, one.task): one.pk for one in alert.incidents.all()}
    over = [incident for key, incident in known.items() if key not in found]
    AlertIncident.objects.filter(pk__in=over).delete()
    new = [key for key in found if key not in known]
    if not new or alert.is_quiet(now):
        return False
    AlertIncident.objects.bulk_create(
        AlertIncident(alert=alert, queue_id=key.queue, cause=key.cause, task=key.task)
        for key in new
    )
    leave_messages(alert, *_message(new, found))
    return True


def leave_messages(alert: Alert, subject: str, text: str) -> None:
    """Leave a message to each address of an alert, to be sent."""
    AlertMessage.objects.bulk_create(
        AlertMessage(alert=alert, address=one, subject=subject, text=text)
        for one in alert.addresses
    )


def _message(new: list[Key], found: Mapping[Key, str]) -> tuple[str, str]:
    names = dict(Queue.objects.filter(pk__in={key.queue for key in new}).values_list("pk", "name"))
    lines = sorted(f"{names.get(key.queue, '–')}: {found[key]}" for key in new)
    if len(lines) == 1:
        return lines[0][:200], signed(lines)
    more = len(lines) - 1
    text = ngettext("%(first)s, and %(n)d more", "%(first)s, and %(n)d more", more)
    return (text % {"first": lines[0], "n": more})[:200], signed(lines)


def signed(lines: Sequence[str], most: int | None = MOST_LINES) -> str:
    """Return the text of a message: its lines, the rest counted, and where QC Desk is."""
    shown = list(lines[:most])
    if left := len(lines) - len(shown):
        shown.append(ngettext("… and %(n)d more", "… and %(n)d more", left) % {"n": left})
    if settings.QC_SITE_URL:
        shown += ["", _("QC Desk: %(address)s") % {"address": settings.QC_SITE_URL}]
    return "\n".join(shown)
