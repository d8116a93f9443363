"""How things are said, alike on pages and in the history."""

from datetime import datetime

from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def clock(moment: datetime | None) -> str:
    """Gives a moment as people say it: the time alone when it is today."""
    if moment is None:
        return _("just now")
    local = timezone.localtime(moment)
    today = local.date() == datetime.now(local.tzinfo).date()
    return local.strftime("%H:%M" if today else "%d %b %H:%M")


def time_between(begun: datetime, ended: datetime) -> str:
    """Gives how long something took as people say it: seconds, or its two largest units."""
    seconds = int((ended - begun).total_seconds())
    if seconds < 60:
        return ngettext("%d second", "%d seconds", seconds) % seconds
    return timesince(begun, ended, depth=2)
