"""When tasks may be due: within years that every database and time zone can handle."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

YEARS = range(2000, 2100)


def check_due(moment: datetime) -> None:
    """Raise ValidationError unless a task may be due at this moment, by the clocks of its zone."""
    if moment.year not in YEARS:
        raise ValidationError(_("A due time must be from 2000-01-01 to 2099-12-31."))
