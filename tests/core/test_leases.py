"""Leases: one holder at a time, until its lease ends or it is not heard of for a minute."""

from datetime import timedelta

import pytest
from django.db.models import Q, QuerySet
from django.utils import timezone

from qc.core import leases
from qc.models import BulkChange, User

pytestmark = pytest.mark.django_db

UNHELD = Q(busy_until=None)


@pytest.fixture
def record(mona: User) -> QuerySet[BulkChange]:
    change = BulkChange.objects.create(transition="hold", by=mona, tasks=[1], total=1)
    return BulkChange.objects.filter(pk=change.pk)


def test_record_is_leased_to_one_holder_at_a_time(record: QuerySet[BulkChange]) -> None:
    assert leases.acquire(record, unheld=UNHELD, position=1)
    assert not leases.acquire(record, unheld=UNHELD, position=2)
    change = record.get()
    assert change.position == 1
    assert abs(change.busy_until - timezone.now() - leases.LEASE) < timedelta(seconds=10)


def test_expired_lease_is_acquired_by_another(record: QuerySet[BulkChange]) -> None:
    record.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert leases.acquire(record, unheld=UNHELD)


def test_lease_of_a_record_that_is_gone_is_not_renewed(record: QuerySet[BulkChange]) -> None:
    leases.acquire(record, unheld=UNHELD)
    assert leases.renew(record, position=1)
    assert not leases.renew(record.filter(position=0), position=2)
    assert record.get().position == 1
