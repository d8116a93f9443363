"""When a delivery is tried again, and for how long an address is left alone that fails."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# After the first failure, the second … and after the last of these it is given up.
PAUSES = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=n) for n in (2, 5, 10, 14, 20, 24)),
)
# So many tries of what is refused: the address is there, and will hardly think otherwise.
MOST_REFUSED = 3
# Refusals that may pass by themselves.
PASSING = frozenset({408, 425, 429})
GONE = 410
# The address wants, or needs, to be left alone for a while.
SLOW_DOWN = frozenset({429, 502, 503, 504})
# After so many failures in a row of any kind, too.
MANY_FAILURES = 5
LONGEST_PAUSE, LONGEST_RETRY_AFTER = timedelta(minutes=5), timedelta(hours=1)


def again_after(attempts: int, status: int | None) -> timedelta | None:
    """Return after what time a delivery is tried again that failed so often; None for never.

    `status` is that of the last answer, None without any.
    """
    is_refused = status is not None and 400 <= status < 500 and status not in PASSING
    if attempts > len(PAUSES) or (is_refused and attempts >= MOST_REFUSED):
        return None
    # So that what failed together does not come again together.
    return PAUSES[attempts - 1] * random.uniform(1, 1.2)  # noqa: S311


def is_unavailable(status: int | None) -> bool:
    """Return whether an address gave no answer, or one that asks to be left alone."""
    return status is None or status in SLOW_DOWN


def leave_alone_for(
    status: int | None, headers: Mapping[str, str], failures: int, now: datetime
) -> timedelta | None:
    """Return for how long nothing is sent to an address that failed; None for not at all.

    `failures` counts those in a row.
    """
    if not is_unavailable(status) and failures < MANY_FAILURES:
        return None
    pause = min(PAUSES[0] * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    wanted = _retry_after(headers.get("retry-after", ""), now) if is_unavailable(status) else None
    return pause if wanted is None else min(max(wanted, PAUSES[0]), LONGEST_RETRY_AFTER)


def _retry_after(text: str, now: datetime) -> timedelta | None:
    """Return what the header says: seconds, or a moment."""
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**6))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment - now if moment.tzinfo else None
