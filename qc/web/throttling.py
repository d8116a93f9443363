"""When failed sign-ins are too many: on pages and in the API alike, which both ask django-axes.

They are counted in the database, for all processes together. What is refused is not counted, so
nobody prolongs a lock by trying on.
"""

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_parameters, get_client_username
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from qc.core.compiled_queries import Prepared

# For each of `AXES_LOCKOUT_PARAMETERS`, how many times AXES_FAILURE_LIMIT: a name at one address; a
# name, which somebody tries from many; an address, from which somebody tries many names.
TIMES = (1, 5, 10)
# Mostly nothing is there to be deleted, which Django's `delete` takes some time to find out.
EXPIRED = Prepared(
    lambda before: AccessAttempt.objects.filter(attempt_time__lte=before).values_list("pk")[:1]
)


class FailureCounter(AxesDatabaseHandler):
    """Counts failures by name and address, by name, and by address, each to a limit of its own."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return how many there are, as if each limit were that of a name at an address."""
        since = Q(attempt_time__gte=get_cool_off_threshold(request))
        alike = [Q(**one) for one in _parameters(request, credentials)]
        sums = [Sum("failures_since_start", filter=one, default=0) for one in alike]
        found = AccessAttempt.objects.filter(since, reduce(or_, alike)).aggregate(
            **{f"n{times}": one for times, one in zip(TIMES, sums, strict=True)}
        )
        return max(found[f"n{times}"] // times for times in TIMES)

    def clean_expired_user_attempts(
        self,
        request: HttpRequest | None = None,
        credentials: dict[str, Any] | None = None,
    ) -> int:
        """Forget what is too old to count."""
        if not EXPIRED.rows(get_cool_off_threshold(request)):
            return 0
        return int(super().clean_expired_user_attempts(request, credentials))

    def reset_user_attempts(
        self, request: HttpRequest, credentials: dict[str, Any] | None = None
    ) -> int:
        """Forget what somebody mistyped before they signed in, and nothing that others tried."""
        by_name_and_address, *_others = self.filter_user_attempts(request, credentials)
        return int(by_name_and_address.delete()[0]) if by_name_and_address.exists() else 0


def is_locked(name: str) -> bool:
    """Return whether the person of this name is kept out somewhere by what was tried with it."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(username=name, attempt_time__gte=since)
    by_address: dict[str | None, int] = defaultdict(int)
    for address, n in recent.values_list("ip_address", "failures_since_start"):
        by_address[address] += n
    one, everywhere = (times * settings.AXES_FAILURE_LIMIT for times in TIMES[:2])
    return max(by_address.values(), default=0) >= one or sum(by_address.values()) >= everywhere


def _parameters(request: HttpRequest, credentials: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return the columns and values of each of `AXES_LOCKOUT_PARAMETERS`."""
    name, agent = get_client_username(request, credentials), request.axes_user_agent  # type: ignore[attr-defined]
    address = request.axes_ip_address  # type: ignore[attr-defined]
    return list(get_client_parameters(name, address, agent, request, credentials))
