"""How the status page says times and results."""

from datetime import datetime, timedelta

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.admin.shared import labels
from qc.core.wording import short_duration
from qc.models import JobRun

register = template.Library()

RESULTS = {
    "signed out": gettext_lazy("%d signed out"),
    "returned": gettext_lazy("%d returned"),
    "moved": gettext_lazy("%d moved"),
    "raised": gettext_lazy("%d raised in priority"),
    "assigned": gettext_lazy("%d assigned"),
    "sealed": gettext_lazy("%d rows sealed"),
    "sessions": gettext_lazy("%d sessions deleted"),
    "tokens": gettext_lazy("%d tokens deleted"),
    "files": gettext_lazy("%d files deleted"),
    "archived": gettext_lazy("%d rows archived"),
    "differ": gettext_lazy("%d differ"),
    "violations": gettext_lazy("%d not as sealed"),
}


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """Return how long ago a moment was."""
    words = labels.age(moment)
    fresh = _("just now") in words
    return words if fresh or moment is None else SafeString(_("%s ago") % words)


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
