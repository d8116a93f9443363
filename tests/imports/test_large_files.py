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
from tests.imports.conftest import at, press, upload
from tests.imports.files import import_file, some

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


def test_the_page_asks_a_worker_and_shows_how_far_it_is(
    mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    client = at(mona)
    page = upload(client, some(ROWS))
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


def test_one_bad_row_at_the_end_and_nothing_is_imported(mona: User, invoices: Queue) -> None:
    record = import_file(some(ROWS) + "B,,Invoices\n", by=mona)
    assert (record.state, record.refused) == (ImportState.REFUSED, 1)
    assert not Task.objects.exists()
    record = import_file(some(ROWS) + "B,,Invoices\n", by=mona, only_good=True)
    assert (record.state, record.new, record.refused) == (ImportState.DONE, ROWS, 1)


def test_each_batch_is_handed_out_when_it_is_written(
    mona: User, anna: User, invoices: Queue, dies: Any
) -> None:
    actions.sign_in(anna.pk)
    dies(2)
    killed_in(confirmed(mona, some(ROWS)))
    assert Task.objects.get(assignee=anna).reference == "A-0"


def test_what_a_killed_worker_left_is_carried_on_from_where_it_stood(
    mona: User, invoices: Queue, dies: Any
) -> None:
    dies(3)
    record = killed_in(confirmed(mona, some(ROWS)))
    assert (record.state, record.position, Task.objects.count()) == (ImportState.WRITING, 20, 20)
    dies(0)
    # Nobody takes it while its worker may be alive; then the sweep asks for it, once.
    assert import_lease.take(record.pk) is None
    assert import_lease.left() == []
    expire(record)
    assert import_lease.left() == [record.pk]
    assert import_lease.left() == []
    tasks.carry_on_import(record.pk)
    record.refresh_from_db()
    assert (record.state, record.new, record.unchanged) == (ImportState.DONE, ROWS, 0)
    assert Task.history.filter(request_id=record.request_id).count() == ROWS
    assert list(invariants.broken()) == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_taken_for_dead_writes_no_more(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = confirmed(mona, some(ROWS))
    write = import_writer.write

    def slow(*args: Any, **kwargs: Any) -> Any:
        if Task.objects.count() == 10:
            Import.objects.filter(pk=record.pk).update(worker="another")
        return write(*args, **kwargs)

    monkeypatch.setattr(import_writer, "write", slow)
    import_runner.carry_on(record.pk)
    assert Task.objects.count() == 10


def test_what_kills_every_worker_ends_and_says_so(mona: User, invoices: Queue, dies: Any) -> None:
    record = confirmed(mona, some(ROWS))
    dies(2)
    for _ in range(import_lease.MOST_STARTS + 1):
        killed_in(record)
        dies(1)
        expire(record)
    assert import_lease.left() == []
    record.refresh_from_db()
    assert (record.state, record.position) == (ImportState.FAILED, 10)
    page = at(mona).get(reverse("admin:import", args=[record.pk])).content.decode()
    assert "The import ended after 10 of 35 rows. These are imported, the rest is not." in page
    dies(0)
    again = import_file(some(ROWS), by=mona)
    assert (again.new, again.unchanged) == (25, 10)


@pytest.mark.django_db(transaction=True)
def test_it_can_be_stopped_and_says_how_far_it_came(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = at(mona)
    record = confirmed(mona, some(ROWS))
    monkeypatch.setattr(actions, "hand_out_from", lambda _queues: press(client, "stop", record))
    import_runner.carry_on(record.pk)
    record.refresh_from_db()
    assert (record.state, Task.objects.count()) == (ImportState.STOPPED, 10)
    page = client.get(reverse("admin:import", args=[record.pk])).content.decode()
    assert "The import ended after 10 of 35 rows" in page


def test_without_a_broker_it_says_so_and_the_sweep_finds_it(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_how: Any) -> None:
        raise tasks.OperationalError("refused")

    monkeypatch.setattr(tasks.carry_on_import, "apply_async", away)
    client = at(mona)
    page = upload(client, some(ROWS))
    record = page.context["record"]
    assert "Nothing is lost" in page.content.decode()
    assert "Try again" in page.content.decode()
    assert "Nothing is lost" in press(client, "again", record).content.decode()
    expire(record)
    assert import_lease.left() == [record.pk]


def test_one_large_import_at_a_time(mona: User, invoices: Queue) -> None:
    first, second = confirmed(mona, some(ROWS)), confirmed(mona, some(ROWS))
    assert import_lease.take(first.pk)
    import_runner.carry_on(second.pk)
    expire(second)
    assert import_lease.left() == []
    expire(first)
    assert import_lease.left() == [first.pk]
    import_runner.carry_on(first.pk)
    import_runner.carry_on(second.pk)
    second.refresh_from_db()
    assert second.unchanged == ROWS


def test_an_open_upload_is_forgotten_after_a_day_and_an_import_is_kept(
    mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    brought = import_file(some(ROWS), by=mona)
    upload(at(mona), some(ROWS + 1))
    tasks.tidy()
    assert Import.objects.count() == 2
    Import.objects.update(created_at=timezone.now() - timedelta(hours=25))
    tasks.tidy()
    assert list(Import.objects.all()) == [brought]


def test_the_sweep_asks_for_what_was_left(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.carry_on_import, "delay", asked.append)
    record = confirmed(mona, some(ROWS))
    tasks.sweep()
    assert asked == []
    expire(record)
    tasks.sweep()
    assert asked == [record.pk]
