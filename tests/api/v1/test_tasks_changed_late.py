"""`updated_since`: what is stored late is found by who asks next as the answer says."""

from threading import Event
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from qc.models import Queue, Task, User
from qc.work import actions
from tests.databases import on_mariadb
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), on_mariadb]

TASKS = "/api/v1/tasks/"


def read(client: Any, since: str, **params: Any) -> Any:
    answer = client.get(TASKS, {"updated_since": since, **params})
    assert answer.status_code == 200, answer.content
    return answer.json()


def tasks(body: Any) -> list[int]:
    return [one["id"] for one in body["results"]]


def test_change_whose_transaction_ends_after_it_was_passed_over_is_found_the_next_time(
    client_of: Any, mona: User, invoices: Queue, add_task: Any
) -> None:
    slow, *quick = (add_task(invoices) for _ in range(3))
    monas, begun = client_of(mona), timezone.now().isoformat()
    is_changed, is_read = Event(), Event()

    def change(task: Task) -> None:
        actions.edit(task.pk, {"name": "Other"}, by=mona, reason="So.")

    def change_slowly() -> None:
        with transaction.atomic():
            change(slow)
            is_changed.set()
            is_read.wait(20)

    def change_and_read() -> Any:
        is_changed.wait(20)
        for task in quick:
            change(task)
        first = read(monas, begun, limit=1)
        last = monas.get(first["next"]).json()
        is_read.set()
        return tasks(first) + tasks(last), last["until"]

    _nothing, (found, until) = at_once(change_slowly, change_and_read)
    assert found == [task.pk for task in quick]
    # By its own clock it would miss one; by ours it reads some again.
    assert set(tasks(read(monas, until))) == {task.pk for task in (slow, *quick)}
