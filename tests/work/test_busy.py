"""A row that somebody holds locked for long is tried again: it is neither a refusal nor a fault."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc import imports, tasks
from qc.core import transactions
from qc.imports import lease
from qc.models import Import, ImportState, Queue, Task, User
from qc.work import actions, bulk_changes, faults, sweep
from tests.databases import on_mariadb
from tests.waiting import until

pytestmark = [on_mariadb, pytest.mark.django_db(transaction=True)]

AddTask = Callable[..., Task]


@pytest.fixture(autouse=True)
def soon_busy() -> Iterator[None]:
    """Wait for a lock for one second instead of five."""
    with connection.cursor() as cursor:
        cursor.execute("SET innodb_lock_wait_timeout = 1")
    yield
    connection.close()


@contextmanager
def locked(item: Task | User, *, until_done: Callable[[], bool] | None = None) -> Iterator[None]:
    """Let somebody else hold a row locked: until the end, or until something is done."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            type(item).objects.select_for_update().get(pk=item.pk)
            held.set()
            until(lambda: over.is_set() or bool(until_done and until_done()), within=60)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    try:
        yield
    finally:
        over.set()
        holder.join()


def test_bulk_change_does_all_others_first_and_the_locked_one_when_it_is_free(
    mona: User, invoices: Queue, add_task: AddTask
) -> None:
    first, *others = (add_task(invoices) for _ in range(4))
    everything = Task.objects.all()
    change = bulk_changes.begin("cancel", everything, by=mona, reason="stocktaking")
    with locked(first):
        # As its page asks, one batch after the other.
        for _ in range(3):
            bulk_changes.carry_on(change, change.position, by=mona)
        assert (change.changed, change.refused, change.is_over) == (3, 0, False)
        assert set(Task.objects.filter(status="cancelled")) == set(others)
    bulk_changes.carry_on(change, change.position, by=mona)
    assert (change.changed, change.refused, change.is_over) == (4, 0, True)
    assert Task.history.filter(kind="cancelled").count() == 4


def hold_selected(manager: User, *chosen: Task) -> str:
    """Hold selected tasks on the page of all tasks; return the page that follows."""
    client = Client()
    client.force_login(manager)
    sent = {"action": "hold_selected", "_selected_action": [task.pk for task in chosen]}
    answers = {"_form_submitted": "True", "reason": "stocktaking"}
    page = client.post(reverse("admin:qc_task_changelist"), sent | answers, follow=True)
    return page.content.decode()


def test_selected_tasks_are_tried_again_after_the_others(
    mona: User, invoices: Queue, add_task: AddTask
) -> None:
    chosen = [add_task(invoices) for _ in range(3)]
    before = transactions.lost_races["hold"]
    with locked(chosen[0], until_done=lambda: transactions.lost_races["hold"] >= before + 2):
        page = hold_selected(mona, *chosen)
    assert "3 tasks changed." in page
    assert "The system is busy" not in page


def test_selected_task_that_stays_locked_is_named_as_busy(
    mona: User, invoices: Queue, add_task: AddTask
) -> None:
    chosen = [add_task(invoices) for _ in range(2)]
    with locked(chosen[0]):
        page = hold_selected(mona, *chosen)
    assert "1 task changed." in page
    assert f"{chosen[0].reference}: The system is busy. Nothing was changed" in page


def test_sweep_leaves_a_locked_person_to_the_next_one_and_does_all_others(
    anna: User, ben: User, caplog: pytest.LogCaptureFixture
) -> None:
    for person in (anna, ben):
        actions.sign_in(person.pk)
    User.objects.update(last_seen_at=timezone.now() - timedelta(hours=1))
    failed = faults.failures.total()
    with locked(anna):
        assert sweep.sweep()["signed out"] == 1
    assert "Traceback" not in caplog.text
    assert faults.failures.total() == failed
    assert sweep.sweep()["signed out"] == 1


def test_barred_person_who_is_locked_stops_no_sweep(
    anna: User, ben: User, invoices: Queue, add_task: AddTask
) -> None:
    for person in (anna, ben):
        actions.sign_in(person.pk)
    anna.groups.clear()
    for _ in range(2):
        add_task(invoices)
    with locked(anna):
        sweep.sweep()
    assert Task.objects.held_by(ben).exists()


def test_import_is_not_given_up_for_a_locked_task(
    mona: User, invoices: Queue, add_task: AddTask, settings: Any
) -> None:
    settings.QC_IMPORT_ROWS = 1
    known = add_task(invoices)
    rows = f"reference,name,queue\n{known.reference},New name,Invoices\nB-1,Check,Invoices\n"
    record = imports.receive(BytesIO(rows.encode()), "large.csv", by=mona)
    imports.confirm(record)
    with locked(known):
        for _ in range(lease.MOST_STARTS + 1):
            tasks.carry_on_import(record.pk)
            lease.abandoned()
    tasks.carry_on_import(record.pk)
    assert Import.objects.get(pk=record.pk).state == ImportState.DONE
    known.refresh_from_db()
    assert known.name == "New name"
