"""Why people give tasks back: a reason from their queue's list, words of their own, or both."""

from django.utils.translation import gettext as _

from qc.core.exceptions import InvalidInput
from qc.core.wording import AFTER_REASON
from qc.models import Queue

LONGEST = 500


def joined(queue: Queue, reason: str, more: str) -> str:
    """Return the reason as it is stored: "chosen", "chosen: more" or "more".

    Raises InvalidInput for a reason that is not in the queue's list, if it has one, and without
    any reason.
    """
    reason, more = reason.strip(), more.strip()
    if reason and queue.reasons and reason not in queue.reasons:
        raise InvalidInput("reason", _("Choose one of: %s.") % ", ".join(queue.reasons))
    if not (reason or more):
        raise InvalidInput("reason", _("Please give a reason."))
    return AFTER_REASON.join(filter(None, (reason, more)))[:LONGEST]
