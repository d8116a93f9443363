"""The size of a lot in files: read, changed and exported."""

import pytest
from django.test import Client
from django.urls import reverse

from qc.exports.tasks import Export
from qc.imports.columns import guess
from qc.models import Queue, Task, User
from tests.imports.files import faults, import_file

pytestmark = pytest.mark.django_db

HEAD = "reference,name,queue,lot size\n"


@pytest.mark.parametrize("heading", ["lot_size", "Lot size", "Losgröße", "LOSGRÖSSE", "Lot qty"])
def test_headings_mean_the_size_of_a_lot(heading: str) -> None:
    assert guess(["reference", "name", heading])[2] == "lot_size"


@pytest.mark.parametrize("heading", ["lot", "quantity", "Menge"])
def test_number_of_a_lot_and_ordered_quantities_are_the_senders_own(heading: str) -> None:
    assert guess(["reference", "name", heading])[2] == f"details: {heading}"


@pytest.mark.parametrize(("cell", "size"), [("50", 50), ("50.0", 50), ("50,00", 50), ("", None)])
def test_cell_is_read(mona: User, invoices: Queue, cell: str, size: int | None) -> None:
    import_file(f'{HEAD}A,Check,Invoices,"{cell}"\n', by=mona)
    assert Task.objects.get().lot_size == size


@pytest.mark.parametrize("cell", ["0", "-5", "2.5", "12 pcs", "1,200", "99999999999"])
def test_other_cells_are_refused_by_row_and_column(mona: User, invoices: Queue, cell: str) -> None:
    record = import_file(f'{HEAD}A,Check,Invoices,"{cell}"\n', by=mona)
    assert not Task.objects.exists()
    [fault] = faults(record)
    assert (fault.row, fault.column) == (2, "lot_size")


def test_another_size_changes_a_waiting_task_and_none_leaves_it(
    mona: User, invoices: Queue
) -> None:
    import_file(f"{HEAD}A,Check,Invoices,50\n", by=mona)
    import_file(f"{HEAD}A,Check,Invoices,60\n", by=mona)
    import_file(f"{HEAD}A,Check,Invoices,\n", by=mona)
    task = Task.objects.get()
    assert [row.lot_size for row in task.history.order_by("history_id")] == [50, 60]


def test_round_trip_changes_nothing(mona: User, invoices: Queue) -> None:
    import_file(f"{HEAD}A,Check,Invoices,50\nB,Check,Invoices,\n", by=mona)
    data = b"".join(Export(Task.objects.all()).csv())
    assert b"lot_size" in data
    record = import_file(data, by=mona)
    assert (record.new, record.changed, record.unchanged) == (0, 0, 2)


def test_task_form_takes_the_size(client: Client, mona: User, invoices: Queue) -> None:
    client.force_login(mona)
    new = {
        "reference": "A",
        "name": "Check",
        "queue": invoices.pk,
        "priority": "3",
        "details": "{}",
    }
    page = client.post(reverse("admin:qc_task_add"), new | {"lot_size": "0"})
    assert "Ensure this value is greater than or equal to 1." in page.content.decode()
    client.post(reverse("admin:qc_task_add"), new | {"lot_size": "50"})
    assert Task.objects.get().lot_size == 50
