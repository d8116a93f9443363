"""What the list of alerts says about each."""

from collections.abc import Iterator

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qc.admin.shared import labels
from qc.admin.shared.duration_field import duration_in_units
from qc.core.wording import clock
from qc.models import Alert


def causes_of(alert: Alert) -> Iterator[str]:
    """Yield what an alert tells of, in a few words each."""
    if alert.late_more_than is not None:
        yield _("more than %(n)d late") % {"n": alert.late_more_than}
    if alert.waiting_longer_than is not None:
        yield _("waiting for %(time)s") % {"time": duration_in_units(alert.waiting_longer_than)}
    if alert.nobody_there:
        yield _("nobody there")
    if alert.silent_longer_than is not None:
        yield _("silent for %(time)s") % {"time": duration_in_units(alert.silent_longer_than)}
    if alert.digest_at is not None:
        yield _("digest at %(time)s") % {"time": f"{alert.digest_at:%H:%M}"}


def result_of(alert: Alert) -> SafeString:
    """Return when an alert has sent something last, and below it what failed last."""
    sent = clock(alert.last_sent_at) if alert.last_sent_at else _("nothing yet")
    lines = [(sent,)]
    if alert.last_failed_at:
        lines.append((_failure(alert),))
    return format_html_join("", "<div>{}</div>", lines)


def _failure(alert: Alert) -> SafeString:
    failed, sent = alert.last_failed_at, alert.last_sent_at
    is_newest = failed is not None and (sent is None or failed > sent)
    mark = labels.label(_("failed"), "danger" if is_newest else "")
    return format_html("{} {}: {}", mark, clock(alert.last_failed_at), alert.last_error)
