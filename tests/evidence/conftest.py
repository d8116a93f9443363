"""A task in somebody's hands, whose plan asks for a photo."""

from collections.abc import Callable

import pytest

from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.plans import give_plan


@pytest.fixture
def task(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """The task that Anna holds; its plan has the items `label` and `front`, a photo."""
    optional = {"required": False}
    give_plan(invoices, {"key": "label"} | optional, {"key": "front", "kind": "photo"} | optional)
    waiting = add_task(invoices, reference="INV-1")
    presence.sign_in(anna.pk)
    actions.claim(waiting.pk, by=anna)
    actions.start(waiting.pk, by=anna)
    return Task.objects.get(pk=waiting.pk)
