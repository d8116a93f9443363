"""Empty files to fill in: in the person's language, and imported without any choice."""

from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from qc.models import ImportState, Queue, Task, User
from tests.imports.conftest import client_of
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

HEADINGS = {
    "en": ["Reference", "Name", "Queue", "Priority", "Due", "Instructions", "Link", "Lot size"],
    "de": [
        "Kennung",
        "Name",
        "Warteschlange",
        "Priorität",
        "Fällig",
        "Anleitung",
        "Link",
        "Losgröße",
    ],
}


def empty_file(user: User, ending: str, language: str) -> bytes:
    client = client_of(user)
    address = reverse("admin:import_empty_file", args=[ending])
    assert address in client.get(reverse("admin:imports")).content.decode()
    User.objects.filter(pk=user.pk).update(language=language)
    answer: Any = client.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("language", ["en", "de"])
def test_filled_workbook_imports_without_a_choice(
    mona: User, invoices: Queue, labels: Queue, language: str
) -> None:
    closed = Queue.objects.create(name="Closed", is_closed=True)
    book = load_workbook(BytesIO(empty_file(mona, "xlsx", language)))
    sheet, lists = book.worksheets
    assert [cell.value for cell in sheet[1]] == HEADINGS[language]
    queues, priorities = ([one.value for one in column if one.value] for column in lists.columns)
    assert queues == ["Invoices", "Labels"]
    assert closed.name not in queues
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules["C2:C10000"].endswith("!$A$1:$A$2")
    assert rules["D2:D10000"].endswith("!$B$1:$B$4")
    for n, priority in enumerate(priorities):
        sheet.append([f"A-{n}", "Check", queues[n % 2], priority, "2030-05-04"])
    filled = BytesIO()
    book.save(filled)
    record = import_file(filled.getvalue(), "tasks.xlsx", by=mona)
    assert (record.state, record.new, record.error) == (ImportState.DONE, 4, "")
    assert set(Task.objects.values_list("priority", flat=True)) == {1, 2, 3, 4}


@pytest.mark.parametrize("language", ["en", "de"])
def test_filled_csv_file_imports_without_a_choice(
    mona: User, invoices: Queue, language: str
) -> None:
    data = empty_file(mona, "csv", language)
    assert data.decode("utf-8-sig").strip().split(",") == HEADINGS[language]
    record = import_file(data + b"A-1,Check,Invoices,1,2030-05-04,,\n", by=mona)
    assert (record.state, record.new) == (ImportState.DONE, 1)
