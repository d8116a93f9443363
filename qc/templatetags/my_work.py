"""Words and labels of *My work*."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from qc.admin import labels
from qc.words import reason

register = template.Library()
register.filter("priority_label", labels.priority)
register.filter("due_words", labels.due)
register.filter("reason", reason)


@register.filter
def in_words(time: timedelta) -> str:
    """Gives a duration as people say it: "45 s", "3 min 20 s", "1 h 5 min"."""
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    if minutes >= 60:
        return _("%(h)d h %(min)d min") % {"h": minutes // 60, "min": minutes % 60}
    if minutes:
        return _("%(min)d min %(s)d s") % {"min": minutes, "s": seconds}
    return _("%d s") % seconds
