"""/api/v1/defect-codes/ and /api/v1/defects/: how defects are called, and what was found."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from qc.models import Defect, DefectCode, Queue, Task, User
from tests.api.v1.clients import client_of, costs_the_same, get, names
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

NOW = timezone.now()


@pytest.fixture
def codes(invoices: Queue, labels: Queue) -> dict[str, DefectCode]:
    """SCR for all queues, TORN for labels alone, OLD for invoices and switched off."""
    made = {
        code: DefectCode.objects.create(code=code, name=code) for code in ("SCR", "TORN", "OLD")
    }
    made["TORN"].queues.add(labels)
    made["OLD"].queues.add(invoices)
    DefectCode.objects.filter(code="OLD").update(is_active=False)
    return made


def found(task: Task, person: User, code: DefectCode, minutes: int = 0) -> Defect:
    return Defect.objects.create(
        task=task,
        queue=task.queue,
        person=person,
        code=code,
        severity=code.severity,
        completed_at=NOW - timedelta(minutes=minutes),
    )


def test_codes_are_filtered_by_queue_and_whether_they_are_used(
    otto: User, codes: dict[str, DefectCode], labels: Queue
) -> None:
    everything = get(otto, "defect-codes/")
    assert names(everything, "code") == ["SCR", "TORN", "OLD"]
    assert everything["results"][1]["queues"] == [labels.pk]
    assert names(get(otto, "defect-codes/", queue=labels.pk), "code") == ["SCR", "TORN"]
    assert names(get(otto, "defect-codes/", active="false"), "code") == ["OLD"]
    assert "queue" in get(otto, "defect-codes/", 400, queue="Nowhere")["errors"]


def test_staff_see_the_codes_of_the_queues_they_serve(
    anna: User, codes: dict[str, DefectCode]
) -> None:
    assert names(get(anna, "defect-codes/"), "code") == ["SCR", "OLD"]


def test_defects_are_listed_newest_first_and_by_filter(
    otto: User,
    anna: User,
    codes: dict[str, DefectCode],
    invoices: Queue,
    labels: Queue,
    add_task: Any,
) -> None:
    assert get(otto, "defects/") == {"results": [], "next": None}
    first, second = add_task(invoices), add_task(labels)
    old = found(first, anna, codes["SCR"], 9)
    new = found(second, anna, codes["TORN"], 1)
    body = get(otto, "defects/")
    assert names(body, "id") == [new.pk, old.pk]
    one = body["results"][1]
    assert (one["reference"], one["code"], one["person"]) == (first.reference, "SCR", "anna")
    assert one["completed_at"].endswith("Z")
    assert names(get(otto, "defects/", code="torn"), "id") == [new.pk]
    assert names(get(otto, "defects/", queue=invoices.pk), "id") == [old.pk]
    since = (NOW - timedelta(minutes=5)).isoformat()
    assert names(get(otto, "defects/", since=since), "id") == [new.pk]
    assert names(get(otto, "defects/", until=since), "id") == [old.pk]


def test_cursor_goes_through_defects_of_the_same_moment(
    otto: User, anna: User, codes: dict[str, DefectCode], invoices: Queue, add_task: Any
) -> None:
    task = add_task(invoices)
    for code in ("SCR", "TORN", "SCR"):
        found(task, anna, codes[code])
    seen, path = [], "/api/v1/defects/?limit=1"
    while path:
        body = client_of(otto).get(path).json()
        seen, path = [*seen, *names(body, "id")], body["next"]
    assert len(seen) == len(set(seen)) == 3


def test_unknown_code_is_named_and_staff_see_no_defects(otto: User, anna: User) -> None:
    refusal = get(otto, "defects/", 400, code="NONE")
    assert refusal["errors"] == {"code": ["There is no defect code “NONE”."]}
    assert "since" in get(otto, "defects/", 400, since="yesterday")["errors"]
    get(anna, "defects/", 403)


def test_lists_cost_the_same_for_many(
    otto: User, anna: User, codes: dict[str, DefectCode], invoices: Queue, add_task: Any
) -> None:
    found(add_task(invoices), anna, codes["SCR"])

    def more() -> None:
        for n in range(5):
            code = DefectCode.objects.create(code=f"C{n}", name="More")
            code.queues.add(invoices)
            found(add_task(invoices), anna, code)

    def act() -> Any:
        return [get(otto, path) for path in ("defects/", "defect-codes/")]

    assert costs_the_same(act, more)
