"""What importing a file does: new, changed, unchanged, skipped."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.utils import timezone

from qc.core.exceptions import NotAllowed
from qc.models import Import, Priority, Queue, Task, User
from qc.work import actions, lifecycle, sweep
from tests.imports import files
from tests.imports.files import faults

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
PAST = datetime(2026, 1, 5, 12, tzinfo=UTC)
HEADER = "reference,name,queue,priority,due_at,instructions,link,supplier,batch\n"


@pytest.fixture
def import_file(mona: User, invoices: Queue, labels: Queue) -> Callable[[str], Import]:
    """Mona imports a CSV file."""

    def import_file(text: str) -> Import:
        return files.import_file(text, by=mona)

    return import_file


ImportFile = Callable[[str], Import]


def test_new_reference_makes_a_task_with_all_its_columns(
    import_file: ImportFile, mona: User
) -> None:
    row = (
        'inv-1,"Müller, ""Prime""",invoices,P2,2030-05-04 14:30,Look.,https://x.example/1,Meyer,\n'
    )
    result = import_file(HEADER + row)
    assert (result.new, faults(result)) == (1, [])
    task = Task.objects.get(reference="INV-1")
    assert (task.name, task.queue.name, task.priority) == ('Müller, "Prime"', "Invoices", 2)
    assert task.due_at.isoformat() == "2030-05-04T14:30:00+00:00"
    assert (task.instructions, task.link) == ("Look.", "https://x.example/1")
    assert (task.details, task.created_by) == ({"supplier": "Meyer"}, mona)


def test_task_without_a_due_date_is_due_by_the_target_of_its_queue(
    import_file: ImportFile, invoices: Queue
) -> None:
    import_file("reference,name,queue\nA,Check,Invoices\n")
    task = Task.objects.get()
    assert abs(task.due_at - timezone.now() - invoices.target) < timedelta(minutes=1)
    assert (task.priority, task.raise_at) == (Priority.P3, task.due_at)


def test_history_row_names_the_importer_and_the_file(import_file: ImportFile, mona: User) -> None:
    import_file("reference,name,queue\nA,Check,Invoices\nB,Check,Labels\n")
    for task in Task.objects.all():
        row = task.history.get()
        assert (row.history_type, row.kind, row.through) == ("+", "imported", "import")
        assert (row.history_user, row.history_change_reason) == (mona, "from tasks.csv")


def test_same_file_again_changes_nothing(import_file: ImportFile) -> None:
    text = HEADER + "A,Check,Invoices,1,2030-05-04,,,Meyer,7\nB,Check,Labels,,,,,,\n"
    import_file(text)
    rows = Task.history.count()
    result = import_file(text)
    assert (result.unchanged, result.new, result.changed) == (2, 0, 0)
    assert Task.history.count() == rows


def test_waiting_task_is_changed_where_the_file_differs(
    import_file: ImportFile, mona: User
) -> None:
    import_file(HEADER + "A,Check,Invoices,3,2030-05-04,,,Meyer,7\n")
    result = import_file(HEADER + "a,Check it,Labels,1,2030-05-04,,,Meyer,8\n")
    (change,) = result.shown["changed"]
    assert [name for name, *_ in change["columns"]] == ["name", "queue", "priority", "batch"]
    task = Task.objects.get()
    assert (task.name, task.queue.name, task.priority) == ("Check it", "Labels", 1)
    assert (task.details, task.raise_at) == ({"supplier": "Meyer", "batch": "8"}, None)
    row = task.history.first()
    assert (row.kind, row.through, row.history_user, row.name) == (
        "changed",
        "import",
        mona,
        "Check it",
    )
    assert task.history.count() == 2


def test_columns_missing_from_the_file_are_kept(import_file: ImportFile) -> None:
    import_file(HEADER + "A,Check,Invoices,1,2030-05-04,Look.,,Meyer,7\n")
    before = Task.objects.values().get()
    assert import_file("reference,name,queue\nA,Check,Invoices\n").unchanged == 1
    assert Task.objects.values().get() == before


def test_task_on_hold_is_changed(import_file: ImportFile, mona: User) -> None:
    import_file("reference,name,queue\nA,Check,Invoices\n")
    lifecycle.hold(Task.objects.get().pk, by=mona, reason="call them")
    assert import_file("reference,name,queue\nA,Check it,Invoices\n").changed == 1


def test_assigned_completed_and_cancelled_tasks_are_skipped(
    import_file: ImportFile, anna: User, mona: User
) -> None:
    import_file("reference,name,queue\nA,Check,Invoices\nB,Check,Invoices\nC,Check,Labels\n")
    cancelled = Task.objects.get(reference="C")
    lifecycle.cancel(cancelled.pk, by=mona, reason="twice")
    actions.sign_in(anna.pk)
    actions.complete(Task.objects.get(reference="A").pk, by=anna)
    before = list(Task.objects.values())
    result = import_file("reference,name,queue\nA,x,Labels\nB,x,Labels\nC,x,Labels\n")
    assert [one["reference"] for one in result.shown["left_alone"]] == ["A", "B", "C"]
    assert list(Task.objects.values()) == before


def test_imported_task_is_assigned_at_once(import_file: ImportFile, anna: User) -> None:
    actions.sign_in(anna.pk)
    import_file("reference,name,queue,priority\nA,Check,Invoices,4\nB,Check,Invoices,1\n")
    assert Task.objects.get(reference="B").assignee == anna


@pytest.mark.parametrize("who", ["anna", "otto"])
def test_only_a_manager_imports(request: pytest.FixtureRequest, invoices: Queue, who: str) -> None:
    with pytest.raises(NotAllowed):
        files.import_file(files.good_rows(1), by=request.getfixturevalue(who))
    assert not Import.objects.exists()
    assert not Task.objects.exists()


def test_dry_run_counts_and_saves_nothing(mona: User, invoices: Queue) -> None:
    data = b"reference,name,queue\nA,Check,Invoices\n"
    assert files.import_file(data, by=mona, dry_run=True).new == 1
    assert not Task.objects.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_recognised(import_file: ImportFile, delimiter: str) -> None:
    import_file("reference,name,queue\nA,Check,Invoices\n".replace(",", delimiter))
    assert Task.objects.get().name == "Check"


def test_byte_order_mark_blank_rows_and_state_columns_are_ignored(import_file: ImportFile) -> None:
    header = "\ufeffReference,NAME,queue,qc_status,qc_outcome,x\n"
    import_file(header + "\nA,Check,Invoices,done,passed,\n,,,,,\n")
    assert Task.objects.get().details == {}


def test_unknown_columns_are_kept_in_the_details(import_file: ImportFile) -> None:
    import_file("reference,name,queue,notes,Status,person\nA,Check,Invoices,call first,new,Meyer\n")
    assert Task.objects.get().details == {"notes": "call first", "Status": "new", "person": "Meyer"}


def test_missing_last_cells_are_empty(import_file: ImportFile) -> None:
    import_file(HEADER + "A,Check,Invoices\n")
    task = Task.objects.get()
    assert (task.priority, task.link, task.details) == (Priority.P3, "", {})


def test_cell_like_a_formula_is_text(import_file: ImportFile) -> None:
    import_file("reference,name,queue,sum\nA,=1+1,Invoices,'-5\n")
    task = Task.objects.get()
    assert (task.name, task.details) == ("=1+1", {"sum": "-5"})


def test_empty_priority_or_due_date_changes_nothing(import_file: ImportFile) -> None:
    import_file(HEADER + "A,Check,Invoices,1,2030-05-04,,,,\n")
    result = import_file(HEADER + "A,Check,Invoices,,,,,,\n")
    assert result.unchanged == 1


def test_same_file_does_not_lower_a_raised_priority(
    import_file: ImportFile, add_task: AddTask, invoices: Queue
) -> None:
    add_task(invoices, reference="A", name="Check", priority=4, due_at=PAST)
    sweep.raise_overdue()
    result = import_file(HEADER + "A,Check,Invoices,4,,,,,\n")
    assert (result.unchanged, Task.objects.get().priority) == (1, 3)


def test_later_due_date_lets_the_file_lower_the_priority(
    import_file: ImportFile, add_task: AddTask, invoices: Queue
) -> None:
    add_task(invoices, reference="A", name="Check", priority=4, due_at=PAST)
    sweep.raise_overdue()
    import_file(HEADER + "A,Check,Invoices,4,2030-05-04,,,,\n")
    task = Task.objects.get()
    assert (task.priority, task.raise_at) == (4, task.due_at)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2030-05-04", "2030-05-04T23:59:00+00:00"),
        ("04.05.2030", "2030-05-04T23:59:00+00:00"),
        ("4.5.2030 8:05", "2030-05-04T08:05:00+00:00"),
        ("2030-05-04 08:05", "2030-05-04T08:05:00+00:00"),
        ("2030-05-04T08:05:00+02:00", "2030-05-04T06:05:00+00:00"),
        ("4 May 2030", "2030-05-04T23:59:00+00:00"),
        ("4 Oct 2030 08:05", "2030-10-04T08:05:00+00:00"),
    ],
)
def test_due_date_is_read_in_several_spellings(
    import_file: ImportFile, cell: str, moment: str
) -> None:
    import_file(f"reference,name,queue,due_at\nA,Check,Invoices,{cell}\n")
    assert Task.objects.get().due_at.isoformat() == moment


def test_workbook_cells_are_read_as_text_and_dates(mona: User, invoices: Queue) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["reference", "name", "queue", "priority", "due_at", "quantity", "note"])
    sheet.append([17, "Check", "Invoices", 2, datetime(2030, 5, 4, 14, 30), 2.5, None])  # noqa: DTZ001
    data = io.BytesIO()
    book.save(data)
    result = files.import_file(data.getvalue(), "tasks.xlsx", by=mona)
    assert faults(result) == []
    task = Task.objects.get(reference="17")
    assert (task.priority, task.details) == (2, {"quantity": "2.5"})
    assert task.due_at.isoformat() == "2030-05-04T14:30:00+00:00"


def test_statements_do_not_grow_with_the_rows(
    import_file: ImportFile, django_assert_max_num_queries: Callable[..., object]
) -> None:
    rows = "".join(f"A-{n},Check,Invoices\n" for n in range(400))
    with django_assert_max_num_queries(55):  # type: ignore[attr-defined]
        assert import_file("reference,name,queue\n" + rows).new == 400
