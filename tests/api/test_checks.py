"""POST /taskcomplete/<id>/ with a check: answers, defects and quantities."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from qc.models import DefectCode, Queue, Task, User
from tests.plans import give_plan

pytestmark = pytest.mark.django_db

SignIn = Callable[[User], APIClient]
AddTask = Callable[..., Task]
TORQUE = {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "decimals": 1}
GOOD = {"answers": {"label": "ok", "torque": 9.5}}


@pytest.fixture
def two(invoices: Queue, add_task: AddTask) -> list[Task]:
    """Two waiting invoices with a plan."""
    give_plan(invoices, {"key": "label", "critical": True}, TORQUE)
    return [add_task(invoices), add_task(invoices)]


@pytest.fixture
def client(two: list[Task], anna: User, sign_in: SignIn) -> APIClient:
    """Anna's program; she has the first task."""
    return sign_in(anna)


def complete(client: APIClient, task: Task, **body: Any) -> Any:
    return client.post(f"/taskcomplete/{task.pk}/", body, format="json")


def refusal(client: APIClient, task: Task, **body: Any) -> Any:
    answer = complete(client, task, **body)
    assert answer.status_code == 400, answer.content
    assert Task.objects.get(pk=task.pk).status == "assigned"
    return answer.json()


def test_task_comes_with_its_plan_and_goes_with_its_findings(
    client: APIClient, two: list[Task]
) -> None:
    answer = complete(client, two[0], **GOOD).json()
    done = answer["completed"]
    assert (done["outcome"], done["findings"]["answers"]["torque"]["verdict"]) == ("passed", "ok")
    plan = answer["next"]["plan"]
    assert (plan["version"], [item["key"] for item in plan["items"]]) == (1, ["label", "torque"])


def test_outcome_follows_from_the_answers(client: APIClient, two: list[Task]) -> None:
    done = complete(client, two[0], answers={"label": "not_ok", "torque": "9"}).json()["completed"]
    assert done["outcome"] == "failed"


def test_each_wrong_part_is_named(client: APIClient, two: list[Task]) -> None:
    assert refusal(client, two[0], answers={"torque": "9.55", "lid": "ok"}) == {
        "answers.lid": ["There is no item “lid” in this check."],
        "answers.label": ["Label: please answer this."],
        "answers.torque": ["Torque: a number, at most 1 decimal."],
    }


def test_wrong_types_are_named_alike(client: APIClient, two: list[Task]) -> None:
    defects = [{"code": "SCR"}, {"code": "SCR", "quantity": "many"}]
    found = refusal(client, two[0], answers={"label": ["ok"]}, defects=defects, rejected=-1)
    assert set(found) == {"answers.label", "defects.1.quantity", "rejected"}


@pytest.mark.parametrize("answers", ["ok", ["ok"], None, 7])
def test_answers_that_are_no_object_are_refused(
    client: APIClient, two: list[Task], answers: Any
) -> None:
    assert list(refusal(client, two[0], answers=answers)) == ["answers"]


def test_outcome_that_disagrees_is_refused_with_the_reason(
    client: APIClient, two: list[Task]
) -> None:
    found = refusal(client, two[0], outcome="failed", **GOOD)
    sentence = "The outcome is “passed”, not “failed”: no critical item is not OK."
    assert found == {"outcome": [sentence]}


def test_defects_and_quantities_are_kept(client: APIClient, two: list[Task]) -> None:
    Queue.objects.update(counts_quantities=True)
    DefectCode.objects.create(code="SCR", name="Scratch")
    defects = [{"code": "SCR", "severity": 2, "quantity": 3, "item": "label"}]
    done = complete(client, two[0], defects=defects, inspected=50, rejected=3, **GOOD).json()
    completed = done["completed"]
    assert (completed["outcome"], completed["inspected"], completed["rejected"]) == (
        *("partial", 50),
        3,
    )
    assert completed["findings"]["defects"][0]["quantity"] == 3


def test_repeating_is_the_same_and_other_answers_are_told(
    client: APIClient, two: list[Task]
) -> None:
    first = complete(client, two[0], **GOOD)
    assert complete(client, two[0], **GOOD).json() == first.json()
    other = complete(client, two[0], answers={"label": "ok", "torque": "8"})
    assert other.status_code == 409


def test_undone_task_is_completed_again_with_the_answers_that_it_had(
    client: APIClient, two: list[Task]
) -> None:
    complete(client, two[0], **GOOD)
    client.delete(f"/taskcomplete/{two[0].pk}/")
    done = complete(client, two[0]).json()["completed"]
    assert done["findings"]["answers"]["torque"] == {"value": "9.5", "verdict": "ok"}


def test_own_tasks_on_the_dashboard_have_a_plan_and_those_of_others_not(
    client: APIClient, two: list[Task]
) -> None:
    answer = client.get("/dashbord/").json()
    assert answer["me"]["tasks"][0]["plan"]["version"] == 1
    assert "plan" not in answer["people"][0]["tasks"][0]
