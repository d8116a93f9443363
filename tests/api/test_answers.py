"""What the API answers, to the letter."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.renderers import JSONRenderer

from qc.api import answers
from qc.models import Outcome, Priority, Queue, Status, Task, User

MOMENT = datetime(2026, 3, 29, 1, 30, 5, 123456, tzinfo=UTC)
TASK = (
    '{"id":7,"reference":"QD-Ü1","name":"Prüfe „A“ <b>","queue":"Maße & Gewichte","priority":2,'
    '"due_at":"2026-03-29T01:30:05.123456Z","instructions":"a\\r\\nb",'
    '"link":"https://example.org/?a=1&b=2",'
    '"details":{"z":[1,2.5,null,true],"ä":{"b":"<c>"},"n":100000000000000000000},'
    '"status":"completed","assigned_at":"2026-03-29T01:30:05.123456Z",'
    '"started_at":"2026-03-29T01:30:05Z","completed_at":"2026-03-29T01:30:05.123456Z",'
    '"outcome":"failed","notes":"torn","draft":"","draft_outcome":"","scan_to_start":true}'
)
PERSON = '"id":4,"username":"änna","is_logged_in":true,"is_free":true,"break_reason":"","tasks":['


@pytest.fixture
def task() -> Task:
    """A task with something in each column."""
    return Task(
        pk=7,
        reference="QD-Ü1",
        name="Prüfe „A“ <b>",
        queue=Queue(pk=3, name="Maße & Gewichte", scan_to_start=True),
        priority=Priority.P2,
        due_at=MOMENT,
        instructions="a\r\nb",
        link="https://example.org/?a=1&b=2",
        details={"z": [1, 2.5, None, True], "ä": {"b": "<c>"}, "n": 10**20},
        status=Status.COMPLETED,
        assigned_at=MOMENT,
        started_at=MOMENT.replace(microsecond=0),
        completed_at=MOMENT,
        outcome=Outcome.FAILED,
        notes="torn",
    )


@pytest.fixture
def anna() -> User:
    """Anna, who can have two tasks."""
    return User(pk=4, username="änna", first_name="A", last_name="B", is_logged_in=True, capacity=2)


def rendered(answer: Any) -> str:
    return JSONRenderer().render(answer).decode()


def test_task_has_all_that_its_holder_needs(task: Task) -> None:
    assert rendered(answers.of_task(task)) == TASK


def test_moments_are_by_the_sites_clocks(task: Task) -> None:
    task.started_at = None
    task.due_at = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        answer = answers.of_task(task)
    assert (answer["assigned_at"], answer["started_at"], answer["due_at"]) == (
        "2026-03-29T10:30:05.123456+09:00",
        None,
        "9999-12-31T23:59:00Z",
    )


def test_others_see_the_lines_of_tasks(task: Task, anna: User) -> None:
    line = '{"id":7,"reference":"QD-Ü1","name":"Prüfe „A“ <b>","status":"completed"}'
    assert rendered(answers.of_person(anna, [task])) == f"{{{PERSON}{line}]}}"


def test_caller_sees_their_tasks_in_full(task: Task, anna: User) -> None:
    rest = '"first_name":"A","last_name":"B","capacity":2'
    assert rendered(answers.of_caller(anna, [task])) == f"{{{PERSON}{TASK}],{rest}}}"
