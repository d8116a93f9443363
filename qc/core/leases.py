"""Leases: one process at a time works on a record; when it has died, another takes over.

A record that can be leased has a column `busy_until`: until then it belongs to one process.
"""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

# A process that has not renewed its lease for this long has died.
LEASE = timedelta(minutes=1)


def acquire(record: QuerySet[Any], *, unheld: Q, **columns: Any) -> bool:
    """Lease the record that a query finds, and write these columns; return False if it is held.

    `unheld` is the condition for a record that no process holds.
    """
    now = timezone.now()
    free = record.filter(unheld | Q(busy_until__lt=now))
    return free.update(busy_until=now + LEASE, **columns) == 1


def renew(record: QuerySet[Any], **columns: Any) -> bool:
    """Prolong the lease, and write these columns; return False if the query finds no record."""
    return record.update(busy_until=timezone.now() + LEASE, **columns) == 1
