"""Whether the day or the month is first in a column of dates: proven by its rows, or chosen."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from qc.imports import due_dates, reading, runner
from qc.imports.choices import open_choices
from qc.imports.notes import notes
from qc.imports.reading import Reading
from qc.models import ImportState, Queue, Task, User
from tests.imports.files import choices, faults, import_file, workbook

pytestmark = pytest.mark.django_db

HEAD = "reference,name,queue,due date"


def dates(*cells: str, name: str = "a.csv") -> bytes:
    """Return a file of tasks due at these dates."""
    rows = [[f"A-{n}", "Seal", "Invoices", cell] for n, cell in enumerate(cells)]
    if name.endswith(".xlsx"):
        return workbook([HEAD.split(","), *rows])
    if name.endswith(".json"):
        return json.dumps([dict(zip(HEAD.split(","), row, strict=True)) for row in rows]).encode()
    return "\n".join([HEAD, *(",".join(row) for row in rows), ""]).encode()


def due() -> list[str]:
    found = Task.objects.order_by("reference").values_list("due_at", flat=True)
    return [timezone.localtime(moment).strftime("%Y-%m-%d %H:%M") for moment in found]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("2/6/2027", "4/16/2027"), ["2027-02-06 23:59", "2027-04-16 23:59"]),
        (("2/6/2027", "16/4/2027"), ["2027-06-02 23:59", "2027-04-16 23:59"]),
        (("2-6-27 8:00", "4-16-27 9.15 pm"), ["2027-02-06 08:00", "2027-04-16 21:15"]),
        (("Sat 2/6/27", "Fri 4/16/2027 at 2 PM"), ["2027-02-06 23:59", "2027-04-16 14:00"]),
    ],
)
def test_one_row_proves_the_order_of_its_column(
    mona: User, invoices: Queue, name: str, cells: Any, days: list[str]
) -> None:
    record = import_file(dates(*cells, name=name), name, by=mona)
    assert record.state == ImportState.DONE
    assert due() == days
    assert ("month is first" in notes(record)[0]) == (not reading.of(record).day_first)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.json"])
def test_order_that_nothing_proves_is_asked_for(mona: User, invoices: Queue, name: str) -> None:
    data = dates("5/5/2027", "2/8/2027", name=name)
    record = import_file(data, name, by=mona)
    (choice,) = open_choices(record)
    assert (record.state, choice.name, choice.needed) == (ImportState.MAPPING, "day_first", True)
    assert "“due date” (2/8/2027)" in choice.question
    assert not Task.objects.exists()
    assert import_file(data, name, by=mona, chosen=Reading(day_first=True)).state == "done"
    assert due() == ["2027-05-05 23:59", "2027-08-02 23:59"]


def test_chosen_order_is_remembered_for_the_same_header(mona: User, invoices: Queue) -> None:
    import_file(dates("2/8/2027"), by=mona, chosen=Reading(day_first=True))
    assert import_file(dates("3/8/2027"), by=mona).changed == 1
    assert due() == ["2027-08-03 23:59"]
    assert import_file(dates("3/8/2027", "3/28/2027"), by=mona).state == ImportState.DONE
    assert due() == ["2027-03-08 23:59", "2027-03-28 23:59"]


def test_order_that_another_persons_file_proved_is_not_taken_for_granted(
    mona: User, invoices: Queue
) -> None:
    import_file(dates("2/28/2027"), by=None)
    assert choices(import_file(dates("2/8/2027"), by=mona)) == ["day_first"]


def test_rows_that_prove_both_orders_are_refused_by_naming_both(
    mona: User, invoices: Queue
) -> None:
    record = import_file(dates("13/1/2027", "1/13/2027", "1/2/2027"), by=mona)
    assert record.state == ImportState.REFUSED
    assert [fault.row for fault in faults(record)] == [2, 3, 4]
    assert "In row 2 the day is first (13/1/2027), in row 3 the month" in faults(record)[0].message
    record = import_file(dates("13/1/2027", "1/13/2027"), by=mona, chosen=Reading(day_first=True))
    assert [fault.row for fault in faults(record)] == [3]


def test_same_day_and_month_leaves_nothing_open(mona: User, invoices: Queue) -> None:
    assert import_file(dates("5/5/2027", "6/6/27"), by=mona).state == ImportState.DONE


def test_worker_looks_at_all_rows_for_the_order(mona: User, invoices: Queue, settings: Any) -> None:
    settings.QC_IMPORT_ROWS = 3
    record = import_file(dates(*["2/8/2027"] * 9, "2/28/2027"), by=mona)
    assert (record.state, record.new, due()[0]) == ("done", 10, "2027-02-08 23:59")
    record = import_file(dates(*["2/8/2027"] * 10), by=None)
    assert (record.state, choices(record)) == (ImportState.MAPPING, ["day_first"])
    record = import_file(dates(*["2/8/2027"] * 10), by=None, chosen=Reading(day_first=True))
    assert due()[0] == "2027-08-02 23:59"


def test_order_is_asked_at_once_where_something_else_is_asked_too(
    mona: User, invoices: Queue, settings: Any
) -> None:
    settings.QC_IMPORT_ROWS = 3
    data = dates(*["2/8/2027"] * 9).replace(b"queue", b"place").replace(b"Invoices", b"Hall 4")
    record = import_file(data, by=mona)
    assert (record.is_large, choices(record)) == (True, ["values", "day_first"])
    chosen = Reading(day_first=True, values={"queue": "Invoices"})
    assert import_file(data, by=mona, chosen=chosen).new == 9


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("14-Jan-27", "2027-01-14 23:59"),
        ("Thursday, January 14, 2027", "2027-01-14 23:59"),
        ("Do., 14. Jan 2027 um 14:30", "2027-01-14 14:30"),
        ("Jan 14, 27", "2027-01-14 23:59"),
        ("30/Nov/27 2:30 PM", "2027-11-30 14:30"),
        ("30/Okt/27 2:30 PM", "2027-10-30 14:30"),
        ("30.11.2027 24:00", "2027-12-01 00:00"),
        ("2027-12-31T24:00", "2028-01-01 00:00"),
        ("30.11.2027 14.30", "2027-11-30 14:30"),
        ("30.11.27 14.30 Uhr", "2027-11-30 14:30"),
        ("2027-11-30T14:30+05:30", "2027-11-30 09:00"),
        ("31.12.69", "2069-12-31 23:59"),
    ],
)
def test_date_is_read_in_usual_spellings(cell: str, moment: str) -> None:
    read = due_dates.DueDates().read(cell).astimezone(UTC)
    assert read.strftime("%Y-%m-%d %H:%M") == moment


@pytest.mark.parametrize(
    "cell", ["31.12.70", "24:01 30.11.2027", "30.11.2027 24:01", "13/13/27", "27-01-14"]
)
def test_date_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(Exception, match=r"Enter a date|from 2000"):
        due_dates.DueDates().read(cell)


def test_hour_that_clocks_skip_or_repeat_is_said(mona: User, invoices: Queue) -> None:
    data = dates("2027-03-28 02:30", "2027-10-31 02:30", "2027-10-31 02:30+01:00", "2027-03-28")
    assert import_file(data, by=None, dry_run=True).new == 4
    mona.time_zone = "Europe/Berlin"
    skipped, twice = faults(import_file(data, by=mona))
    assert (skipped.row, twice.row) == (2, 3)
    assert "2027-03-28 02:30 does not exist in Europe/Berlin" in skipped.message
    assert "Write 2027-10-31 02:30+02:00 or 2027-10-31 02:30+01:00." in twice.message


def test_worker_reads_times_in_the_zone_of_who_uploads(mona: User, invoices: Queue) -> None:
    mona.time_zone = "America/New_York"
    record = import_file(dates("2027-11-30 14:30"), by=mona, dry_run=True)
    with timezone.override("Asia/Tokyo"):
        record.confirmed_at, record.state = timezone.now(), ImportState.CHECKING
        record.save()
        runner.carry_on(record.pk)
    assert Task.objects.get().due_at == datetime(2027, 11, 30, 19, 30, tzinfo=UTC)
