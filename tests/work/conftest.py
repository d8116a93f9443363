"""A task that somebody holds."""

from collections.abc import Callable

import pytest

from qc.models import Queue, Task, User
from qc.work import actions


@pytest.fixture
def held(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna holds and has not started."""
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    task.refresh_from_db()
    assert task.assignee == anna
    return task
