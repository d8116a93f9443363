"""Large files: a worker does them; one that dies is followed by another; they can be stopped."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from qc import imports, tasks
from qc.audit import invariants
from qc.imports import lease as import_lease
from qc.imports import reader as import_reader
from qc.imports import runner as import_runner
from qc.imports import writer as import_writer
from qc.models import Import, ImportState, Queue, Task, User
from qc.work import actions
from tests.imports.conftest import client_of, press, upload
from tests.imports.files import good_rows, import_file

pytestmark = pytest.mark.django_db

ROWS = 35


@pytest.fixture(autouse=True)
def small_is_large(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.QC_IMPORT_ROWS = 5
    monkeypatch.setattr(import_reader, "BATCH", 10)


class Killed(BaseException):
    """The worker is dead."""


@pytest.fixture
def dies(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the worker die when it writes its n-th batch; with 0 it lives."""
    write = import_writer.write

    def dies(n: int) -> None:
        left = iter(range(n - 1))

        def deadly(*args: Any, **kwargs: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return write(*args, **kwargs)

        monkeypatch.setattr(import_writer, "write", deadly if n else write)

    return dies


def confirmed(mona: User, text: str, **how: Any) -> Import:
    record = imports.receive(BytesIO(text.encode()), "large.csv", by=mona)
    imports.confirm(record, **how)
    return record


def killed_in(record: Import) -> Import:
    with pytest.raises(Killed):
        import_runner.carry_on(record.pk)
    record.refresh_from_db()
    return record


def expire(record: Import) -> None:
    """A while goes by."""
    Import.objects.filter(pk=record.pk).update(busy_until=timezone.now() - timedelta(seconds=1))


def test_page_leaves_a_large_file_to_a_worker_and_shows_its_progress(
    mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    client = client_of(mona)
    page = upload(client, good_rows(ROWS))
    record = page.context["record"]
    assert waiting_jobs == [record.pk]
    assert "is waiting for a worker" in page.content.decode()
    tasks.carry_on_import(record.pk)
    panel = client.get(reverse("admin:import_panel", args=[record.pk]))
    assert panel.headers["HX-Refresh"] == "true"
    page = client.get(reverse("admin:import", args=[record.pk]))
    assert "35 new, 0 changed" in page.content.decode()
    assert not Task.objects.exists()
    press(client, "begin", record)
    tasks.carry_on_import(waiting_jobs[1])
    assert Task.objects.count() == Task.history.filter(kind="imported").count() == ROWS


def test_bad_last_row_of_a_large_file_imports_nothing(mona: User, invoices: Queue) -> None:
    record = import_file(good_rows(ROWS) + "B,,Invoices\n", by=mona)
    assert (record.state, record.refused) == (ImportState.REFUSED, 1)
    assert not Task.objects.exists()
    record = import_file(good_rows(ROWS) + "B,,Invoices\n", by=mona, only_good=True)
    assert (record.state, record.new, record.refused) == (ImportState.DONE, ROWS, 1)


def test_each_batch_is_handed_out_when_it_is_written(
    mona: User, anna: User, invoices: Queue, dies: Any
) -> None:
    actions.sign_in(anna.pk)
    dies(2)
    killed_in(confirmed(mona, good_rows(ROWS)))
    assert Task.objects.get(assignee=anna).reference == "A-0"


def test_import_of_a_killed_worker_goes_on_after_its_last_batch(
    mona: User, invoices: Queue, dies: Any
) -> None:
    dies(3)
    record = killed_in(confirmed(mona, good_rows(ROWS)))
    assert (record.state, record.position, Task.objects.count()) == (ImportState.WRITING, 20, 20)
    dies(0)
    # Nobody takes it while its worker may be alive; then the sweep asks for it, once.
    assert import_lease.acquire(record.pk) is None
    assert import_lease.abandoned() == []
    expire(record)
    assert import_lease.abandoned() == [record.pk]
    assert import_lease.abandoned() == []
    tasks.carry_on_import(record.pk)
    record.refresh_from_db()
    assert (record.state, record.new, record.unchanged) == (ImportState.DONE, ROWS, 0)
    assert Task.history.filter(request_id=record.request_id).count() == ROWS
    assert list(invariants.broken()) == []


@pytest.mark.django_db(transaction=True)
def test_worker_without_its_lease_writes_no_more(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = confirmed(mona, good_rows(ROWS))
    write = import_writer.write

    def slow(*args: Any, **kwargs: Any) -> Any:
        if Task.objects.count() == 10:
            Import.objects.filter(pk=record.pk).update(worker="another")
        return write(*args, **kwargs)

    monkeypatch.setattr(import_writer, "write", slow)
    import_runner.carry_on(record.pk)
    assert Task.objects.count() == 10


def test_import_that_kills_every_worker_fails_with_a_reason(
    mona: User, invoices: Queue, dies: Any
) -> None:
    record = confirmed(mona, good_rows(ROWS))
    dies(2)
    for _ in range(import_lease.MOST_STARTS + 1):
        killed_in(record)
        dies(1)
        expire(record)
    assert import_lease.abandoned() == []
    record.refresh_from_db()
    assert (record.state, record.position) == (ImportState.FAILED, 10)
    page = client_of(mona).get(reverse("admin:import", args=[record.pk])).content.decode()
    assert "The import ended after 10 of 35 rows. These are imported, the rest is not." in page
    dies(0)
    again = import_file(good_rows(ROWS), by=mona)
    assert (again.new, again.unchanged) == (25, 10)


@pytest.mark.django_db(transaction=True)
def test_stopped_import_shows_how_far_it_came(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(mona)
    record = confirmed(mona, good_rows(ROWS))
    monkeypatch.setattr(actions, "hand_out_from", lambda _queues: press(client, "stop", record))
    import_runner.carry_on(record.pk)
    record.refresh_from_db()
    assert (record.state, Task.objects.count()) == (ImportState.STOPPED, 10)
    page = client.get(reverse("admin:import", args=[record.pk])).content.decode()
    assert "The import ended after 10 of 35 rows" in page


def test_import_without_a_broker_waits_for_the_sweep(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_how: Any) -> None:
        raise tasks.OperationalError("refused")

    monkeypatch.setattr(tasks.carry_on_import, "apply_async", away)
    client = client_of(mona)
    page = upload(client, good_rows(ROWS))
    record = page.context["record"]
    assert "Nothing is lost" in page.content.decode()
    assert "Try again" in page.content.decode()
    assert "Nothing is lost" in press(client, "again", record).content.decode()
    expire(record)
    assert import_lease.abandoned() == [record.pk]


def test_only_one_large_import_runs_at_a_time(mona: User, invoices: Queue) -> None:
    first, second = confirmed(mona, good_rows(ROWS)), confirmed(mona, good_rows(ROWS))
    assert import_lease.acquire(first.pk)
    import_runner.carry_on(second.pk)
    expire(second)
    assert import_lease.abandoned() == []
    expire(first)
    assert import_lease.abandoned() == [first.pk]
    import_runner.carry_on(first.pk)
    import_runner.carry_on(second.pk)
    second.refresh_from_db()
    assert second.unchanged == ROWS


def test_tidy_deletes_unconfirmed_uploads_after_a_day(
    mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    imported = import_file(good_rows(ROWS), by=mona)
    upload(client_of(mona), good_rows(ROWS + 1))
    tasks.tidy()
    assert Import.objects.count() == 2
    Import.objects.update(created_at=timezone.now() - timedelta(hours=25))
    tasks.tidy()
    assert list(Import.objects.all()) == [imported]


def test_sweep_starts_a_job_for_an_abandoned_import(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested: list[int] = []
    monkeypatch.setattr(tasks.carry_on_import, "delay", requested.append)
    record = confirmed(mona, good_rows(ROWS))
    tasks.sweep()
    assert requested == []
    expire(record)
    tasks.sweep()
    assert requested == [record.pk]
