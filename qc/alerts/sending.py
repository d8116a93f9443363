"""Sends the messages that alerts have left: each once, and again later where it fails.

A message is claimed by its number of attempts, so that of two workers one sends it. Whoever claims
it sets when it is due again: a worker that dies meanwhile leaves it to the next attempt.
"""

import logging
import smtplib
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from qc.alerts import webhooks
from qc.alerts.webhooks import Undelivered
from qc.core.localization import for_the_record
from qc.core.masking import masked
from qc.models import Alert, AlertMessage

logger = logging.getLogger(__name__)

# A run ends after so many seconds; what is left is sent by the next one.
SECONDS = 45
# A test, for which somebody waits.
SECONDS_OF_TEST = 20
MOST_ATTEMPTS = 8
LONGEST_PAUSE = timedelta(hours=1)
KEPT = timedelta(days=30)


def send_due() -> dict[str, int]:
    """Send what is due, first attempts first; return how many were sent and how many failed."""
    counts = {"sent": 0, "failed": 0}
    end = time.monotonic() + SECONDS
    for message in _due(timezone.now()):
        if time.monotonic() > end:
            break
        if _claim(message):
            counts["sent" if _send(message) else "failed"] += 1
    return counts


def _due(now: datetime) -> list[AlertMessage]:
    """Return the messages to send now; those of quiet alerts wait, but for digests."""
    due = AlertMessage.objects.filter(next_at__lte=now, alert__is_active=True)
    messages = due.select_related("alert").order_by("attempts", "next_at")[:500]
    return [one for one in messages if one.key or not one.alert.is_quiet(now)]


def _claim(message: AlertMessage) -> bool:
    """Return whether this process is the one to send it now."""
    untried = AlertMessage.objects.filter(pk=message.pk, attempts=message.attempts)
    again = timezone.now() + pause(message.attempts + 1)
    is_last = message.attempts + 1 >= MOST_ATTEMPTS
    n = untried.filter(next_at__isnull=False).update(
        attempts=F("attempts") + 1, next_at=None if is_last else again
    )
    return n == 1


def pause(attempts: int) -> timedelta:
    """Return how long after so many attempts the next one is made."""
    return min(timedelta(minutes=2**attempts), LONGEST_PAUSE)


def _send(message: AlertMessage) -> bool:
    """Send one message, and write down how it went; return whether it did."""
    record = AlertMessage.objects.filter(pk=message.pk)
    try:
        with for_the_record():
            deliver(message.address, message.subject, message.text)
    except Exception as error:
        # Whatever it is, it must not stop the messages after it.
        reason = str(error) if isinstance(error, Undelivered) else type(error).__name__
        where = masked(message.address)
        logger.warning("alert %d: %s: %s", message.alert_id, where, reason)
        record.update(error=reason[:300])
        _note(message.alert, sent=False, error=f"{where}: {reason}")
        return False
    record.update(sent_at=timezone.now(), next_at=None, error="")
    _note(message.alert, sent=True, error="")
    return True


def deliver(address: str, subject: str, text: str) -> None:
    """Send a text to an address: a webhook, or an e-mail address. Raises Undelivered."""
    if "://" in address:
        webhooks.post(address, harmless(text))
    else:
        _mail(address, subject, text)


def harmless(text: str) -> str:
    """Return a text that a chat takes for a text: names in it call nobody, and are no links."""
    for mark, instead in (("@", "@\u200b"), ("<", "‹"), (">", "›"), ("](", "] (")):
        text = text.replace(mark, instead)
    return text


def _mail(address: str, subject: str, text: str) -> None:
    if not settings.EMAIL_HOST:
        raise Undelivered(_("there is no mail server (EMAIL_URL)"))
    try:
        EmailMessage(f"[QC Desk] {' '.join(subject.split())}", text, to=[address]).send()
    except smtplib.SMTPResponseException as error:
        raise Undelivered(_("the mail server said %(code)s") % {"code": error.smtp_code}) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise Undelivered(_("the mail server refuses this address")) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(_("the mail server does not answer")) from error


def test(alert_id: int, **_who: object) -> None:
    """Send a test to each address of an alert at once. Raises Undelivered with all that failed."""
    alert = Alert.objects.get(pk=alert_id)
    end, failed = time.monotonic() + SECONDS_OF_TEST, []
    for address in alert.addresses:
        try:
            if time.monotonic() > end:
                raise Undelivered(_("not tried: the others took too long"))
            deliver(address, _("Test of %(name)s") % {"name": alert}, _test_text(alert))
        except Undelivered as error:
            failed.append(f"{masked(address)}: {error}")
    _note(alert, sent=len(failed) < len(alert.addresses), error="; ".join(failed))
    if failed:
        raise Undelivered("; ".join(failed))


def _test_text(alert: Alert) -> str:
    return _("This is a test of the alert “%(name)s”. Its messages arrive.") % {"name": alert}


def _note(alert: Alert, *, sent: bool, error: str) -> None:
    """Write down for the pages that an alert has sent something, or what failed."""
    now = timezone.now()
    columns: dict[str, Any] = {"last_sent_at": now} if sent else {}
    if error:
        columns |= {"last_failed_at": now, "last_error": error[:300]}
    Alert.objects.filter(pk=alert.pk).update(**columns)


def delete_old() -> int:
    """Delete the messages of earlier months; return how many."""
    old = AlertMessage.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
