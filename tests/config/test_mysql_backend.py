"""The connection to MariaDB or MySQL: no round trip that nothing depends on."""

from time import monotonic

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from config.mysql import base
from qc.models import Queue
from tests.databases import on_mariadb

pytestmark = [on_mariadb, pytest.mark.django_db(transaction=True)]


def statements() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
        return int(cursor.fetchone()[1])


def test_transaction_is_two_statements_more_than_what_it_does() -> None:
    before = statements()
    with transaction.atomic():
        Queue.objects.count()
    # One of them counts.
    assert statements() - before == 1 + 2 + 1


def test_what_fails_is_rolled_back_and_what_follows_is_kept() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Queue.objects.bulk_create([Queue(name="Labels"), Queue(name="Labels")])
    Queue.objects.create(name="Invoices")
    connection.close()
    assert list(Queue.objects.values_list("name", flat=True)) == ["Invoices"]


def test_autocommit_can_be_switched_off_as_ever() -> None:
    transaction.set_autocommit(False)
    Queue.objects.create(name="Labels")
    transaction.rollback()
    transaction.set_autocommit(True)
    assert not Queue.objects.exists()


class TestPing:
    """A request begins, and its connection may have ended meanwhile."""

    @pytest.fixture(autouse=True)
    def ended(self) -> None:
        """Let the server end this connection while nobody uses it."""
        statements()
        other = connections.create_connection("default")
        with other.cursor() as cursor:
            cursor.execute("KILL %s", [connection.connection.thread_id()])
        other.close()
        connection.close_if_unusable_or_obsolete()

    def test_connection_that_was_idle_is_replaced_if_it_has_ended(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        later = monotonic() + base.FRESH_SECONDS + 1
        monkeypatch.setattr(base, "monotonic", lambda: later)
        assert statements() > 0

    def test_connection_that_was_in_use_is_replaced_by_the_request_after_the_failure(self) -> None:
        with pytest.raises(OperationalError):
            statements()
        connection.close_if_unusable_or_obsolete()
        assert statements() > 0
