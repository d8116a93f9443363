"""Each example of the schema is sent; what comes back is a success, as the schema describes it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from qc.api.schema import generator
from qc.api.schema.examples import EXAMPLES
from qc.models import Queue, Status, Task, User
from qc.work import actions, lifecycle, presence
from tests import described
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

SCHEMA: dict[str, Any] = {}
# What Anna does; the rest is a manager's.
ANNAS = {"taskcomplete", "start_task", "complete_task", "give_task_back", "write_check"} | {
    "login",
    "take_break",
}
# The status in which a step finds its task; others find it waiting.
BEFORE = dict.fromkeys(ANNAS, Status.ASSIGNED) | {
    "resume_task": Status.ON_HOLD,
    "reopen_task": Status.COMPLETED,
}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    SCHEMA.update(SCHEMA or json.loads(json.dumps(generator.schema())))
    for path, item in SCHEMA["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] in EXAMPLES:
                yield method, path, operation


@pytest.fixture
def bring(anna: User, mona: User, add_task: Callable[..., Task]) -> Callable[[str], Task]:
    """Make a task that has this status: Anna's own, if anybody's."""
    presence.sign_in(anna.pk)

    def bring(status: str) -> Task:
        task = add_task(Queue.objects.get(name="Invoices"))
        if status in (Status.ASSIGNED, Status.COMPLETED):
            actions.claim(task.pk, by=anna)
        if status == Status.COMPLETED:
            lifecycle.complete(task.pk, by=anna, outcome="passed")
        if status == Status.ON_HOLD:
            actions.hold(task.pk, by=mona, reason="Wait.")
        return task

    return bring


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_is_answered_as_the_schema_says(
    name: str, anna: User, mona: User, bring: Callable[[str], Task]
) -> None:
    [(method, path, operation)] = [one for one in operations() if one[2]["operationId"] == name]
    examples = operation["requestBody"]["content"]["application/json"]["examples"]
    assert len(examples) == len(EXAMPLES[name])
    for example in examples.values():
        Task.objects.filter(slot__isnull=False).update(
            status=Status.PENDING, assignee=None, slot=None, assigned_at=None, started_at=None
        )
        thing = Queue.objects.get().pk if "queues" in path else bring(BEFORE.get(name, "")).pk
        client = APIClient()
        if name != "login":
            client.force_authenticate(anna if name in ANNAS else mona)
        answer = getattr(client, method)(path.replace("{id}", str(thing)), example["value"])
        assert answer.status_code in (200, 201), answer.content
        kind = answer.headers["Content-Type"]
        assert described.faults(SCHEMA, operation, answer.status_code, kind, answer.content) == []
