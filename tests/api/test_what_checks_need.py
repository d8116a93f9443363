"""A program learns what the check of a task wants beside its plan."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from qc.models import DefectCode, Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def test_task_says_what_its_queue_wants_and_lists_the_codes(
    anna: User, ben: User, invoices: Queue, labels: Queue, add_task: Callable[..., Task]
) -> None:
    client = APIClient()
    client.force_authenticate(anna)
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    first = client.get("/dashboard/").json()["me"]["tasks"][0]
    assert not {"needs_defects", "counts_quantities"} & first.keys()
    Queue.objects.filter(pk=invoices.pk).update(needs_defects=True, counts_quantities=True)
    again = client.get("/dashboard/").json()["me"]["tasks"][0]
    assert (again["needs_defects"], again["counts_quantities"]) == (True, True)
    DefectCode.objects.create(code="SCR", name="Scratch", name_de="Kratzer", group="Surface")
    DefectCode.objects.create(code="OLD", name="Old", is_active=False)
    DefectCode.objects.create(code="LBL", name="Label").queues.add(labels)
    address = f"/api/tasks/{task.pk}/defect-codes/"
    names = {"code": "SCR", "group": "Surface", "name": "Scratch", "name_de": "Kratzer"}
    assert client.get(address).json() == {"codes": [names | {"severity": 2}]}
    client.force_authenticate(ben)
    assert client.get(address).status_code == 404
