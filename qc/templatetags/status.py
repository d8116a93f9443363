"""How the status page says times and results."""

from datetime import datetime, timedelta

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.core.wording import clock, short_duration
from qc.models import JobRun

register = template.Library()

RESULTS = {
    "signed out": gettext_lazy("signed out: %d"),
    "returned": gettext_lazy("returned: %d"),
    "moved": gettext_lazy("moved: %d"),
    "raised": gettext_lazy("raised: %d"),
    "assigned": gettext_lazy("assigned: %d"),
    "sealed": gettext_lazy("rows sealed: %d"),
    "sessions": gettext_lazy("sessions deleted: %d"),
    "tokens": gettext_lazy("tokens deleted: %d"),
    "files": gettext_lazy("files deleted: %d"),
    "archived": gettext_lazy("rows archived: %d"),
    "differ": gettext_lazy("differences: %d"),
    "violations": gettext_lazy("not as sealed: %d"),
}


@register.filter
def at(moment: datetime | None) -> str:
    """Return when something was: a time of today, or the day with it."""
    return clock(moment) if moment else "–"


@register.filter
def lasted(time: timedelta | None) -> str:
    """Return a duration without its seconds; a dash for none."""
    if time is None:
        return "–"
    if time < timedelta(minutes=1):
        return _("under 1 min")
    return (
        short_duration(time) if time >= timedelta(hours=1) else _("%d min") % (time.seconds // 60)
    )


@register.filter
def result(run: JobRun) -> str:
    """Return what the last run of a job changed, in words."""
    found = [str(RESULTS[what]) % n for what, n in run.changed.items() if what in RESULTS]
    return ", ".join(found) or _("nothing to do")
