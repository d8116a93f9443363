"""Sealing while many write: no row is lost or sealed twice, and there is no false alarm.

QC_SEAL_RUNS says how often it is tried.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from qc.audit.seals import sealing
from qc.core.exceptions import QCError
from qc.core.id_spans import ids_of
from qc.history import events
from qc.history.registry import TABLES
from qc.models import AuditEvent, EventKind, Queue, Seal, Task
from qc.work import actions
from tests.audit.tampering import all_violations, ids
from tests.conftest import person
from tests.databases import on_mariadb

# Rows are sealed as soon as they are there, so that many come late.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("seal_at_once"),
    on_mariadb,
]

WRITERS = 6
ROUNDS = 8
RUNS = int(os.environ.get("QC_SEAL_RUNS", "1"))


@pytest.mark.parametrize("run", range(RUNS))
def test_sealing_and_verifying_while_many_write_lose_no_row(
    invoices: Queue, add_task: Callable[..., Task], run: int
) -> None:
    mona = person("mona", "Managers")
    work = [add_task(invoices).pk for _ in range(WRITERS)]
    ended = threading.Event()

    def write(number: int) -> None:
        for turn in range(ROUNDS):
            try:
                with transaction.atomic():
                    events.record(EventKind.SIGN_IN_FAILED, name=f"{number} {turn}")
                    (actions.resume if turn % 2 else actions.hold)(work[number], by=mona, reason="")
                    events.record(EventKind.SIGN_IN_FAILED, name=f"{number} {turn} late")
                    if turn % 3 == 2:
                        raise QCError  # its ids are left out for ever
            except QCError:
                pass

    def repeat(act: Callable[[], Any]) -> list[Any]:
        results = []
        while not ended.is_set():
            results.append(act())
        return results

    def close_connections_after(act: Callable[[], Any]) -> Any:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS + 3) as pool:
        sealers = [
            pool.submit(close_connections_after, lambda: repeat(sealing.seal)) for _ in range(2)
        ]
        verifier = pool.submit(close_connections_after, lambda: repeat(all_violations))
        writers = [
            pool.submit(close_connections_after, lambda n=n: write(n)) for n in range(WRITERS)
        ]
        try:
            for writer in writers:
                writer.result()
        finally:
            ended.set()
        assert not any(verifier.result())
        assert sum(sum(sealer.result()) for sealer in sealers)
    sealing.seal()
    assert all_violations() == []
    for table in TABLES:
        done = [pk for seal in Seal.objects.filter(table=table) for pk in ids_of(seal.ids)]
        assert sorted(done) == ids(table)


def test_a_row_committed_late_is_sealed_late_without_an_alarm(db: None) -> None:
    events.record(EventKind.SIGN_IN_FAILED, name="first")
    written, dispatch = threading.Event(), threading.Event()

    def slowly() -> None:
        try:
            with transaction.atomic():
                events.record(EventKind.SIGN_IN_FAILED, name="slow")
                written.set()
                dispatch.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slowly)
        assert written.wait(30)
        events.record(EventKind.SIGN_IN_FAILED, name="quick")
        # It does not wait for who is writing.
        assert sealing.seal() == 2
        assert all_violations() == []
        dispatch.set()
        slow.result()
    assert all_violations() == []
    assert sealing.seal() == 1
    late = AuditEvent.objects.get(name="slow").pk
    assert Seal.objects.get(is_late=True).ids == [[late, late]]
    assert all_violations() == []


def test_uncommitted_seal_blocks_no_writer(db: None) -> None:
    """A seal that is not committed yet holds up nobody who writes."""
    events.record(EventKind.SIGN_IN_FAILED, name="first")

    def quickly() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET innodb_lock_wait_timeout = 1")
            events.record(EventKind.SIGN_IN_FAILED, name="meanwhile")
            AuditEvent.objects.filter(name="first").update(name="changed")
        finally:
            connections.close_all()

    with transaction.atomic(), ThreadPoolExecutor(1) as pool:
        assert sealing.seal() == 1
        pool.submit(quickly).result()
