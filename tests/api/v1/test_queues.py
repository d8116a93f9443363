"""/api/v1/queues/ and /api/v1/check-plans/: what waits, what is asked, and who may see it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from qc.models import PlanVersion, Queue, Task, User
from tests.api.v1.clients import client_of, costs_the_same, get, names, post
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]


def test_queue_says_what_waits_in_it_and_how_it_works(
    otto: User, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    add_task(invoices)
    give_plan(invoices, {"key": "label"})
    Queue.objects.filter(pk=invoices.pk).update(hand_back_reasons="Dirty\nTorn")
    one = get(otto, f"queues/{invoices.pk}/")
    assert [one[name] for name in ("name", "waiting", "assigned", "people", "plan")] == [
        "Invoices",
        1,
        0,
        1,
        1,
    ]
    assert (one["target_seconds"], one["reasons"]) == (4 * 3600, ["Dirty", "Torn"])
    assert get(otto, "queues/")["results"] == [one]


def test_staff_see_the_queues_they_serve_and_no_others(
    anna: User, mona: User, invoices: Queue, labels: Queue
) -> None:
    assert names(get(anna, "queues/"), "name") == ["Invoices"]
    assert names(get(mona, "queues/"), "name") == ["Invoices", "Labels"]
    of_others = get(anna, f"queues/{labels.pk}/", 404)["detail"]
    assert of_others == f"There is no queue {labels.pk}."
    assert get(anna, "queues/99/", 404)["detail"] == "There is no queue 99."


def test_filters_choose_among_queues_and_wrong_ones_are_named(
    otto: User, invoices: Queue, labels: Queue
) -> None:
    Queue.objects.filter(pk=labels.pk).update(is_paused=True)
    assert names(get(otto, "queues/", paused="true"), "name") == ["Labels"]
    assert get(otto, "queues/", closed="true")["results"] == []
    assert "paused" in get(otto, "queues/", 400, paused="often")["errors"]


def test_manager_pauses_and_resumes_a_queue(mona: User, invoices: Queue) -> None:
    path = f"queues/{invoices.pk}"
    assert "reason" in post(mona, f"{path}/pause/", 400)["errors"]
    assert post(mona, f"{path}/pause/", body={"reason": "No light."})["is_paused"]
    assert post(mona, f"{path}/pause/", body={"reason": "No light."})["is_paused"]
    assert Queue.history.filter(id=invoices.pk, kind="paused").count() == 1
    assert not post(mona, f"{path}/resume/")["is_paused"]


@pytest.mark.parametrize("step", ["pause", "resume"])
def test_nobody_else_steers_a_queue(anna: User, otto: User, invoices: Queue, step: str) -> None:
    for user in (anna, otto):
        refusal = post(user, f"queues/{invoices.pk}/{step}/", 403, {"reason": "Because."})
        assert refusal["detail"] == "Only a manager may do this."
    assert not Queue.objects.get(pk=invoices.pk).is_paused


def test_plans_are_listed_and_read_by_version(
    anna: User, otto: User, invoices: Queue, labels: Queue
) -> None:
    assert get(otto, "check-plans/")["results"] == []
    give_plan(invoices, {"key": "label"})
    version = give_plan(invoices, {"key": "label"}, {"key": "torque", "kind": "number"})
    [one] = get(anna, "check-plans/")["results"]
    assert (one["queue_name"], one["version"], one["items"]) == ("Invoices", 2, 2)
    now = get(anna, f"check-plans/{invoices.pk}/")
    assert (now["version"], now["sha256"]) == (2, version.digest)
    assert [item["key"] for item in now["items"]] == ["label", "torque"]
    old = get(anna, f"check-plans/{invoices.pk}/versions/1/")
    assert [item["key"] for item in old["items"]] == ["label"]
    for path in (f"{invoices.pk}/versions/3/", f"{labels.pk}/"):
        get(otto, f"check-plans/{path}", 404)


def test_plan_of_a_queue_that_one_does_not_serve_is_not_there(anna: User, labels: Queue) -> None:
    give_plan(labels, {"key": "label"})
    assert get(anna, "check-plans/")["results"] == []
    get(anna, f"check-plans/{labels.pk}/", 404)
    get(anna, f"check-plans/{labels.pk}/versions/1/", 404)


def test_lists_cost_the_same_for_many(otto: User, invoices: Queue, add_task: AddTask) -> None:
    give_plan(invoices, {"key": "label"})

    def more() -> None:
        for n in range(5):
            queue = Queue.objects.create(name=f"Queue {n}", target=timedelta(hours=1))
            add_task(queue)
            give_plan(queue, {"key": "label"})

    for path in ("queues/", "check-plans/"):
        Queue.objects.filter(name__startswith="Queue").update(plan=None)
        Task.objects.all().delete()
        PlanVersion.objects.exclude(queue=invoices).delete()
        Queue.objects.filter(name__startswith="Queue").delete()

        def act(path: str = path) -> Any:
            return get(otto, path)

        assert costs_the_same(act, more)


def test_second_page_begins_where_the_first_one_ended(
    otto: User, invoices: Queue, labels: Queue
) -> None:
    first = get(otto, "queues/", limit=1, fields="name,waiting")
    assert first["results"] == [{"name": "Invoices", "waiting": 0}]
    second = client_of(otto).get(first["next"]).json()
    assert second["results"] == [{"name": "Labels", "waiting": 0}]
    assert second["next"] is None
