"""How things are said, alike on pages and in the history."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _


def clock(moment: datetime | None) -> str:
    """Gives a moment as people say it: the time alone when it is today."""
    if moment is None:
        return _("just now")
    local = timezone.localtime(moment)
    today = local.date() == datetime.now(local.tzinfo).date()
    return local.strftime("%H:%M" if today else "%d %b %H:%M")
