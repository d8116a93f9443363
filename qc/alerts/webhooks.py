"""Posts to webhooks of chats."""

import json

from django.utils.translation import gettext as _

from qc.core import pinned_http
from qc.core.pinned_http import Limits, Undelivered, check

__all__ = ["Undelivered", "check", "post"]

# For connecting and for each answer of the other side; and for all of it.
SECONDS = 5
SECONDS_IN_ALL = 10


def post(url: str, text: str) -> None:
    """Post a text as chats take it. Raises Undelivered with the reason."""
    body = json.dumps({"text": text}).encode()
    answer = pinned_http.post(url, body, {}, Limits(SECONDS, SECONDS_IN_ALL))
    if not answer.is_success:
        raise Undelivered(_("the answer was %(status)d") % {"status": answer.status})
