"""Simultaneous edits: each is kept, and the history agrees with the tables."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import change, signed_in, typed
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sound_afterwards() -> Iterator[None]:
    yield
    assert list(invariants.broken()) == []


def test_simultaneous_edits_of_different_fields_are_all_kept(
    mona: User, sign_in_client: Any, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    clients = [sign_in_client(mona), sign_in_client(mona)]
    forms = [typed(client, change(task)) for client in clients]
    changes = [{"name": "Renamed"}, {"link": "https://example.com/new"}]
    answers = at_once(
        *(
            lambda client=client, form=form, new=new: client.post(change(task), form | new)
            for client, form, new in zip(clients, forms, changes, strict=True)
        )
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    task.refresh_from_db()
    assert (task.name, task.link) == ("Renamed", "https://example.com/new")
    assert task.history.count() == 3


def test_edits_during_hand_outs_and_completions_lose_nothing(
    mona: User, anna: User, sign_in_client: Any, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    tasks = [add_task(invoices) for _ in range(6)]
    client = sign_in_client(mona)
    forms = {task: typed(client, change(task)) for task in tasks}
    signed_in(anna)
    actions.hand_out_to(anna.pk)

    def edit_all() -> list[int]:
        return [
            client.post(change(task), form | {"priority": 1}).status_code
            for task, form in forms.items()
        ]

    def complete_all() -> int:
        done = 0
        while task := Task.objects.held_by(anna).first():
            actions.complete(task.pk, by=anna)
            done += 1
        return done

    edited, done = at_once(edit_all, complete_all)
    assert done == len(tasks)
    # A task is edited, or was finished before.
    assert set(edited) <= {302, 409}
    for task, status in zip(tasks, edited, strict=True):
        task.refresh_from_db()
        assert (task.status, task.priority) == ("completed", 1 if status == 302 else 3)
