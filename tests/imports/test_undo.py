"""An import is undone while nobody has touched its tasks; or it says what is in the way."""

from typing import Any

import pytest
from django.urls import reverse

from qc.audit import invariants
from qc.core.exceptions import InvalidTransition, NotAllowed
from qc.imports import runner as import_runner
from qc.imports import undo as import_undo
from qc.models import BulkChange, Import, ImportState, Queue, Status, Task, User
from qc.work import actions
from tests.databases import on_mariadb
from tests.imports.conftest import client_of, press
from tests.imports.files import HEAD, good_rows, import_file
from tests.work.test_claim_cost import rows_touched

pytestmark = pytest.mark.django_db


def page_of_undo(mona: User, record: Any) -> str:
    page = client_of(mona).get(reverse("admin:import_undo", args=[record.pk]))
    return str(page.content.decode())


def test_undo_deletes_new_tasks_and_restores_changed_ones(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    head = "reference,name,queue,priority,due_at,batch\n"
    import_file(head + "A,Old,Invoices,2,2030-05-04,1\nC,Same,Invoices,2,,\n", by=mona)
    before = list(Task.objects.values())
    record = import_file(
        head + "A,New,Labels,1,2031-05-04,2\nB,Check,Invoices,2,,\nC,Same,Invoices,2,,\n", by=mona
    )
    assert "Undo the import" in page_of_undo(mona, record)
    page = press(client_of(mona), "undo_begin", record)
    assert "The import is undone." in page.content.decode()
    assert list(Task.objects.values()) == before
    gone = Task.history.filter(reference="B").latest()
    assert (gone.history_type, gone.kind, gone.history_user) == ("-", "undone", mona)
    back = Task.objects.get(reference="A").history.latest()
    assert (back.history_type, back.kind, back.name) == ("~", "undone", "Old")
    assert back.history_change_reason == "import of tasks.csv undone"
    assert list(invariants.broken()) == []


def test_undone_import_is_not_undone_twice_but_imported_again(mona: User, invoices: Queue) -> None:
    record = import_file(good_rows(2), by=mona)
    press(client_of(mona), "undo_begin", record)
    with pytest.raises(InvalidTransition):
        import_undo.begin(record, by=mona)
    assert import_file(good_rows(2), by=mona).new == 2


def test_undo_with_touched_tasks_names_them_and_undoes_nothing(
    mona: User, anna: User, invoices: Queue
) -> None:
    record = import_file(good_rows(30), by=mona)
    for task in Task.objects.all()[:25]:
        actions.hold(task.pk, by=mona, reason="Wait.")
    page = page_of_undo(mona, record)
    assert "25 of its tasks have been changed since." in page
    assert "A-0, A-1," in page
    assert "A-19 …" in page
    assert "changed since" in press(client_of(mona), "undo_begin", record).content.decode()
    assert Task.objects.count() == 30


@pytest.fixture
def few_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request looks at 5 rows, and a worker at 3 at a time; what is larger is a worker's."""
    settings.QC_IMPORT_ROWS = 5
    monkeypatch.setattr(import_undo, "LOOKED_AT", 5)
    monkeypatch.setattr(import_undo, "BATCH", 3)


def test_undo_of_a_large_import_checks_all_tasks_first(
    few_at_once: None, mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    record = import_file(good_rows(10), by=mona)
    before = {name: getattr(record, name) for name in ("state", "rows", "position", "shown")}
    last = Task.objects.get(reference="A-9")
    actions.hold(last.pk, by=mona, reason="Wait.")
    assert "First, all of its tasks are checked." in page_of_undo(mona, record)
    press(client_of(mona), "undo_begin", record)
    assert waiting_jobs == [record.pk]
    assert import_runner.carry_on(record.pk)
    record.refresh_from_db()
    assert {name: getattr(record, name) for name in before} == before
    assert record.undone_by is None
    assert Task.objects.count() == 10
    page = client_of(mona).get(reverse("admin:import", args=[record.pk])).content.decode()
    assert "It can&#x27;t be undone: 1 of its tasks has been changed since: A-9" in page
    actions.hold(Task.objects.get(reference="A-2").pk, by=mona, reason="Wait.")
    page = page_of_undo(mona, record)
    assert "1 of its first 5 tasks has been changed since." in page


def test_untouched_large_import_is_undone_by_a_worker(
    few_at_once: None, mona: User, invoices: Queue, waiting_jobs: list[int]
) -> None:
    record = import_file(good_rows(10), by=mona)
    press(client_of(mona), "undo_begin", record)
    assert Task.objects.count() == 10
    assert import_runner.carry_on(record.pk)
    record.refresh_from_db()
    assert (record.state, record.position, record.undone_by) == (ImportState.UNDONE, 10, mona)
    assert Task.objects.count() == 0


def test_undo_of_a_killed_worker_goes_on(
    few_at_once: None,
    mona: User,
    invoices: Queue,
    waiting_jobs: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = import_file(good_rows(10), by=mona)
    press(client_of(mona), "undo_begin", record)
    undo, left = import_undo._undo_batch, iter(range(2))

    def deadly(*args: Any) -> Any:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return undo(*args)

    monkeypatch.setattr(import_undo, "_undo_batch", deadly)
    with pytest.raises(KeyboardInterrupt):
        import_runner.carry_on(record.pk)
    monkeypatch.setattr(import_undo, "_undo_batch", undo)
    assert Task.objects.count() == 4
    # Now that some are undone it goes on, whatever was touched meanwhile.
    actions.hold(Task.objects.get(reference="A-9").pk, by=mona, reason="Wait.")
    Import.objects.update(worker="")
    assert import_runner.carry_on(record.pk)
    record.refresh_from_db()
    assert record.state == ImportState.UNDONE
    assert [task.reference for task in Task.objects.all()] == ["A-9"]


@on_mariadb
def test_undo_page_reads_no_more_of_a_larger_import(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_undo, "LOOKED_AT", 100)
    record = import_file(good_rows(1500), by=mona)
    assert rows_touched(lambda: import_undo.obstacles(record)) <= 100 * 5
    actions.hold(Task.objects.get(reference="A-7").pk, by=mona, reason="Wait.")
    assert rows_touched(lambda: import_undo.obstacles(record)) <= 100 * 5


def test_untouched_tasks_are_cancelled_with_a_reason(
    mona: User, anna: User, invoices: Queue
) -> None:
    actions.sign_in(anna.pk)
    import_file(HEAD + "OLD,Check,Invoices\n", by=None)
    record = import_file(good_rows(3), by=mona)
    actions.hold(Task.objects.get(reference="A-0").pk, by=mona, reason="Wait.")
    client = client_of(mona)
    assert "reason" in press(client, "undo_cancel", record, reason=" ").content.decode().lower()
    page = press(client, "undo_cancel", record, reason="Wrong file")
    assert "Cancel all matching tasks" in page.content.decode()
    chosen = Task.objects.filter(pk__in=BulkChange.objects.get().tasks)
    assert [task.reference for task in chosen.order_by("pk")] == ["A-1", "A-2"]


def test_task_touched_during_the_undo_is_skipped_and_named(
    mona: User, invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = import_file(good_rows(3), by=mona)
    undo = import_undo._undo_batch

    def meanwhile(*args: Any) -> Any:
        actions.hold(Task.objects.get(reference="A-1").pk, by=mona, reason="Wait.")
        return undo(*args)

    monkeypatch.setattr(import_undo, "_undo_batch", meanwhile)
    page = press(client_of(mona), "undo_begin", record).content.decode()
    assert "1 task was changed meanwhile and is skipped: A-1" in page
    assert [(task.reference, task.status) for task in Task.objects.all()] == [
        ("A-1", Status.ON_HOLD)
    ]


def test_undo_leaves_what_another_import_wrote_meanwhile(mona: User, invoices: Queue) -> None:
    record = import_file(good_rows(2), by=mona)
    import_file(HEAD + "B,Check,Invoices\n", by=mona)
    record.last_history = Task.history.latest().history_id
    record.save()
    press(client_of(mona), "undo_begin", record)
    record.refresh_from_db()
    assert record.state == ImportState.UNDONE
    assert [task.reference for task in Task.objects.all()] == ["B"]


def test_only_managers_undo_an_import(mona: User, otto: User, anna: User, invoices: Queue) -> None:
    record = import_file(good_rows(1), by=mona)
    for user in (otto, anna):
        with pytest.raises(NotAllowed):
            import_undo.begin(record, by=user)
        assert press(client_of(user), "undo_begin", record).status_code == 403
    assert client_of(otto).get(reverse("admin:import_undo", args=[record.pk])).status_code == 302


def test_undo_of_a_german_manager_is_recorded_in_the_site_s_language(
    mona: User, invoices: Queue
) -> None:
    User.objects.filter(pk=mona.pk).update(language="de")
    record = import_file(good_rows(1), by=mona)
    page = press(client_of(mona), "undo_begin", record)
    assert "Der Import ist r" in page.content.decode()
    assert set(Task.history.values_list("history_change_reason", flat=True)) == {
        "from tasks.csv",
        "import of tasks.csv undone",
    }


def test_counts_have_the_separators_of_their_reader(mona: User, invoices: Queue) -> None:
    record = import_file(good_rows(1), by=mona)
    Import.objects.filter(pk=record.pk).update(new=12_345)
    assert "(12,345)" in page_of_undo(mona, record)
    User.objects.filter(pk=mona.pk).update(language="de")
    assert "(12.345)" in page_of_undo(mona, record)
