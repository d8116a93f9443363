"""Lists without queue or key: values for all rows, references made, and the same again later."""

from typing import Any

import pytest

from qc.imports import answers, reading
from qc.imports.choices import open_choices
from qc.imports.options import reading_of
from qc.models import Import, ImportState, Priority, Queue, Role, Task, User
from tests.conftest import person
from tests.imports.files import faults, import_file

pytestmark = pytest.mark.django_db

LIST = "Asset,Work,Date\nICE-1,Clean,2027-01-10\nICE-2,Clean,2027-02-11\nICE-1,Clean,2027-03-12\n"
NEXT = "Asset,Work,Date\nICE-1,Clean,2027-04-10\nICE-2,Clean,2027-05-11\n"


def imported(text: str, by: User, **options: Any) -> Import:
    return import_file(text, "Weekly list.csv", by=by, chosen=reading_of(options))


def counts(record: Import) -> tuple[str, int, int, int]:
    return record.state, record.new, record.changed, record.unchanged


def references() -> list[str]:
    return list(Task.objects.order_by("pk").values_list("reference", flat=True))


def test_what_a_list_lacks_is_asked_once(mona: User, invoices: Queue, labels: Queue) -> None:
    record = imported(LIST, mona)
    assert record.state == ImportState.MAPPING
    key, queue = open_choices(record)
    assert [option.value for option in key.options] == ["Asset,Date", "Work,Date", "number"]
    assert key.options[2].label == "number the rows: WEEKLY-LIST-1, WEEKLY-LIST-2, …"
    assert (queue.name, queue.item) == ("values", "queue")
    assert [option.value for option in queue.options] == ["Invoices", "Labels"]
    assert answers.needs_choice(record)
    assert not Task.objects.exists()


def test_reference_is_made_of_two_columns_and_the_next_file_needs_no_choice(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    first = imported(LIST, mona, queue="invoices", key="asset, Date")
    assert counts(first) == ("done", 3, 0, 0)
    assert references() == ["ICE-1-2027-01-10", "ICE-2-2027-02-11", "ICE-1-2027-03-12"]
    assert {task.queue for task in Task.objects.all()} == {invoices}
    assert counts(imported(LIST, mona)) == ("done", 0, 0, 3)
    assert counts(imported(NEXT, mona)) == ("done", 2, 0, 0)


def test_rows_with_the_same_key_get_a_running_number_behind_it(mona: User, invoices: Queue) -> None:
    text = LIST + "ICE-1,Clean,2027-01-10\nICE-1,Clean,2027-01-10\n"
    first, _queue = open_choices(imported(text, mona))
    assert first.options[0].value == "Asset,Date"
    record = imported(text, mona, queue="Invoices", key="Asset,Date")
    assert (record.new, faults(record)) == (5, [])
    assert references()[3:] == ["ICE-1-2027-01-10-2", "ICE-1-2027-01-10-3"]
    assert counts(imported(text, mona)) == ("done", 0, 0, 5)


def test_column_with_names_of_queues_is_the_queue_whatever_its_heading(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    text = "Номер,name,Очередь\nA,Check,invoices\nB,Check,Labels\n"
    record = imported(text, mona, map=["Номер=reference"])
    assert (record.new, record.mapping) == (2, ["reference", "name", "queue"])


def test_rows_are_numbered_and_another_file_goes_on_where_the_last_one_ended(
    mona: User, invoices: Queue
) -> None:
    assert counts(imported(LIST, mona, queue="Invoices", number="M-")) == ("done", 3, 0, 0)
    assert references() == ["M-1", "M-2", "M-3"]
    assert counts(imported(LIST, mona)) == ("done", 0, 0, 3)
    grown = LIST + "ICE-9,Clean,2027-09-09\n"
    assert counts(imported(grown, mona)) == ("done", 1, 0, 3)
    assert counts(imported(NEXT, mona)) == ("done", 2, 0, 0)
    assert references() == ["M-1", "M-2", "M-3", "M-4", "M-5", "M-6"]
    assert counts(imported(grown, mona)) == ("done", 0, 0, 4)
    # The next numbers are another list's now: it gets none of them.
    assert imported(grown + "ICE-8,Clean,2027-08-08\n", mona).new == 5


def test_refused_row_keeps_its_number(mona: User, invoices: Queue) -> None:
    bad = LIST.replace("ICE-2,Clean", "ICE-2,")
    record = import_file(
        bad, by=mona, chosen=reading_of({"queue": "Invoices", "number": "M-"}), only_good=True
    )
    assert (record.new, record.refused) == (2, 1)
    assert references() == ["M-1", "M-3"]


def test_row_that_sums_up_gets_no_number(mona: User, invoices: Queue) -> None:
    text = "Asset,Work,Hours\nICE-1,Clean,2\nICE-2,Clean,3\nTotal,,5\n"
    record = imported(text, mona, queue="Invoices", number="M-")
    assert counts(record) == ("done", 2, 0, 0)
    assert reading.findings(record).totals == [4]


def test_values_for_all_rows_fill_empty_cells_only(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    text = "reference,name,queue,priority,due_at\nA,Check,Labels,1,2030-01-01\nB,Check,,,\n"
    record = imported(text, mona, queue="Invoices", priority="2", due="2031-02-03 10:00")
    assert (record.new, faults(record)) == (2, [])
    labelled, other = Task.objects.order_by("reference")
    assert (labelled.queue, labelled.priority, labelled.due_at.year) == (labels, Priority.P1, 2030)
    assert (other.queue, other.priority, other.due_at.year) == (invoices, Priority.P2, 2031)


def test_due_time_of_all_rows_is_not_taken_again_once_it_is_past(
    mona: User, invoices: Queue
) -> None:
    imported(LIST, mona, queue="Invoices", number="M-", due="2001-01-01")
    again = imported(NEXT, mona)
    assert reading.of(again).values == {"queue": "Invoices", "due_at": ""}
    assert Task.objects.get(reference="M-4").due_at.year > 2001


def test_unknown_queue_is_mapped_once_and_remembered(mona: User, invoices: Queue) -> None:
    text = "reference,name,queue\nA,Check,Bills\nB,Check,invoices\n"
    record = imported(text, mona)
    assert (record.state, record.refused) == ("refused", 1)
    (choice,) = open_choices(record)
    assert (choice.name, choice.item, choice.needed) == ("queues", "Bills", False)
    assert counts(imported(text, mona, queue_name=["bills=Invoices"])) == ("done", 2, 0, 0)
    assert counts(imported(text, mona)) == ("done", 0, 0, 2)


def test_refused_row_does_not_carry_the_list_of_queues(mona: User) -> None:
    for n in range(50):
        Queue.objects.create(name=f"Queue number {n}")
    record = imported("reference,name,queue\n" + "A,Check,Nowhere\nB,Check,\n", mona)
    assert [fault.message for fault in faults(record)] == [
        "There is no such queue.",
        "The queue is missing.",
    ]


def test_manager_s_own_choices_go_before_the_team_s_and_it_is_said_whose_they_are(
    mona: User, invoices: Queue, labels: Queue
) -> None:
    max_ = person("max", Role.MANAGERS)
    team = imported(LIST, max_, queue="Labels", number="X-")
    taken = imported(LIST, mona, dry_run=True)
    assert reading.findings(taken).remembered == {"import": team.pk, "by": "max"}
    own = imported(LIST, mona, queue="Invoices", number="M-")
    imported(LIST, max_)
    again = imported(LIST, mona, dry_run=True)
    assert answers.as_json(again)["read"]["remembered"] == {"import": own.pk, "by": "mona"}
    assert (again.unchanged, reading.of(again).number_prefix) == (3, "M-")


def test_chosen_column_that_the_file_lacks_is_named(mona: User, invoices: Queue) -> None:
    for options in ({"map": ["Nr=reference"]}, {"key": "Asset,Nr"}):
        with pytest.raises(Exception, match="The file has no column “Nr”"):
            imported(LIST, mona, **options)
