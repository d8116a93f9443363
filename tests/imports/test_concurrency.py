"""The same file from two sides at once, and work going on meanwhile."""

from collections.abc import Callable

import pytest

from qc.audit import invariants
from qc.models import Import, Queue, Task, User
from qc.work import assignment, presence
from tests.imports.files import good_rows, import_file
from tests.work.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_imports_of_one_file_make_each_task_once(mona: User, invoices: Queue) -> None:
    act: Callable[[], Import] = lambda: import_file(good_rows(200), by=mona)  # noqa: E731
    results = at_once(act, act, act)
    assert sum(result.new for result in results) == 200
    assert Task.history.count() == 200
    assert list(invariants.broken()) == []


def test_import_and_claim_of_one_task_keep_the_invariants(
    mona: User, anna: User, invoices: Queue
) -> None:
    invoices.save()
    presence.sign_in(anna.pk)
    for n in range(5):
        old = f"reference,name,queue\nA-{n},Old,Invoices\n".encode()
        import_file(old, by=None)
        task = Task.objects.get(reference=f"A-{n}")
        new = f"reference,name,queue\nA-{n},New,Invoices\n".encode()
        at_once(
            lambda new=new: import_file(new, by=mona),
            lambda task=task: assignment.claim(task.pk, by=anna),
        )
    assert list(invariants.broken()) == []
