"""The digest of each morning: what waits, what is late, and how yesterday went, by queue.

Who has several alerts with a digest gets one, about the queues of all of them, at the earliest of
their times and in the time zone of that one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from qc.alerts.causes import QueueState, Situation
from qc.alerts.checking import signed
from qc.core.localization import localized
from qc.core.transactions import retrying
from qc.models import Alert, AlertMessage
from qc.reports import rates, report
from qc.reports.report import Grouping, ReportQuery, ReportRow
from qc.reports.span import Span

# A digest that could not be made in this time is left out: its morning is over.
LATEST = timedelta(hours=6)


@dataclass(frozen=True)
class Recipient:
    """An address, and the alerts with a digest that are sent to it, the earliest first."""

    address: str
    alerts: tuple[Alert, ...]

    def day(self, now: datetime) -> date | None:
        """Return the day whose digest is due now; None while none is."""
        first = self.alerts[0]
        shown = now.astimezone(first.zone)
        if first.digest_at is None:
            return None
        due = datetime.combine(shown.date(), first.digest_at, first.zone)
        return shown.date() if due <= now < due + LATEST else None

    def key(self, day: date) -> str:
        """Return what there is once for each address and day."""
        return f"{day:%Y-%m-%d} {sha256(self.address.encode()).hexdigest()}"

    def wants(self, queue: int) -> bool:
        """Return whether one of the alerts is about this queue."""
        return any(alert.watches(queue) for alert in self.alerts)


def make_due() -> int:
    """Leave each digest that is due and was not made yet; return how many."""
    now = timezone.now()
    due = {one.key(day): (one, day) for one in recipients() if (day := one.day(now))}
    made = AlertMessage.objects.filter(key__in=due).values_list("key", flat=True)
    missing = [due[key] for key in due.keys() - set(made)]
    situation = Situation([alert for one, _day in missing for alert in one.alerts], now)
    yesterdays: dict[tuple[str, date], Yesterday] = {}
    for recipient, day in missing:
        zone = recipient.alerts[0].time_zone
        with localized(settings.LANGUAGE_CODE, zone):
            yesterday = yesterdays.setdefault((zone, day), Yesterday(day - timedelta(days=1)))
            states = [one for pk, one in situation.queues.items() if recipient.wants(pk)]
            _leave(recipient, day, _text(states, yesterday))
    return len(missing)


def recipients() -> list[Recipient]:
    """Return all addresses that get a digest."""
    alerts = Alert.objects.filter(is_active=True, digest_at__isnull=False)
    by_address: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts.order_by("digest_at", "pk"):
        for address in alert.addresses:
            by_address[address].append(alert)
    return [Recipient(address, tuple(some)) for address, some in by_address.items()]


class Yesterday:
    """What was completed on a day, by queue: read once for all who ask."""

    def __init__(self, day: date) -> None:
        self.day = day
        found = report.report(ReportQuery(Grouping.QUEUE, day, day))
        self.rows: dict[object, ReportRow] = {row.key: row for row in found.rows}
        self.first_pass: dict[int, str] = {}

    def of(self, queue: int) -> str:
        """Return in words what was completed in a queue; "" where nothing was."""
        row = self.rows.get(queue)
        if row is None or not row.done:
            return ""
        values = {"done": row.done, "failed": row.failed, "share": self._first_pass(queue)}
        text = _("yesterday %(done)d completed, %(failed)d failed, first-pass yield %(share)s")
        return text % values

    def _first_pass(self, queue: int) -> str:
        if queue not in self.first_pass:
            share = rates.rates(Span(self.day, self.day, queue)).first_pass.share
            shown = "–" if share is None else _("%s %%") % number_format(100 * share, 1)
            self.first_pass[queue] = shown
        return self.first_pass[queue]


def _text(states: Collection[QueueState], yesterday: Yesterday) -> str:
    lines = list(_lines(states, yesterday))
    return signed(lines or [_("Nothing waits, and nothing was completed yesterday.")], most=None)


def _lines(states: Iterable[QueueState], yesterday: Yesterday) -> Iterable[str]:
    for state in sorted(states, key=lambda one: one.queue.name):
        done = yesterday.of(state.queue.pk)
        if not (state.backlog.waiting or state.late or done):
            continue
        values = {"queue": state.queue, "waiting": state.backlog.waiting, "late": state.late}
        line = _("%(queue)s: %(waiting)d waiting, %(late)d late") % values
        yield f"{line}; {done}" if done else line


@retrying
def _leave(recipient: Recipient, day: date, text: str) -> None:
    """Leave the digest; of two workers one does."""
    subject = _("Digest of %(day)s") % {"day": date_format(day, "DATE_FORMAT")}
    digest = AlertMessage(
        alert=recipient.alerts[0],
        key=recipient.key(day),
        address=recipient.address,
        subject=subject,
        text=text,
        next_at=timezone.now(),
    )
    AlertMessage.objects.bulk_create([digest], ignore_conflicts=True)
