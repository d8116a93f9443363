"""A process that freezes in a transaction holds up nobody for long: MariaDB ends it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from config.databases import database
from qc.models import User
from qc.work import actions, presence
from tests.databases import on_mariadb
from tests.threads import at_once

pytestmark = [on_mariadb, pytest.mark.django_db(transaction=True)]

# Its transactions end after half of this.
SECONDS = 2


@pytest.fixture
def frozen(anna: User) -> Iterator[Any]:
    """A connection like those of our own processes that locked Anna, and then says no more."""
    found = database("DATABASE_URL", default_file=None, seconds=SECONDS)  # type: ignore[arg-type]
    peer = connection.copy()
    peer.settings_dict["OPTIONS"] = found["OPTIONS"]
    peer.inc_thread_sharing()
    peer.set_autocommit(False)
    with peer.cursor() as cursor:
        cursor.execute("SELECT id FROM qc_user WHERE id = %s FOR UPDATE", [anna.pk])
    yield peer
    peer.connection.close()


def test_being_seen_waits_for_nobody(frozen: Any, anna: User) -> None:
    with connection.cursor() as cursor:
        # A wait for the lock would be an error at once.
        cursor.execute("SET innodb_lock_wait_timeout = 0")
    try:
        presence.seen(anna)
    finally:
        connections.close_all()
    anna.refresh_from_db()
    assert anna.last_seen_at is None


def test_person_works_on_once_the_server_has_ended_it(
    frozen: Any, anna: User, client: Client
) -> None:
    client.force_login(anna)
    [signed_in] = at_once(lambda: actions.sign_in(anna.pk))
    assert signed_in.is_logged_in
    assert client.get("/admin/my-work/").status_code == 200
