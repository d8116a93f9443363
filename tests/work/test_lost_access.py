"""The sweep's step for people who may not work any more."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qc.audit import invariants
from qc.models import Queue, Status, Task, User
from qc.work import actions, lifecycle, lost_access, presence

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(held: Task, anna: User) -> Task:
    lifecycle.start(held.pk, by=anna)
    return held


@pytest.mark.parametrize("how", ["role", "account"])
def test_what_the_console_took_away_goes_back(
    how: str, started: Task, anna: User, ben: User
) -> None:
    actions.sign_in(ben.pk)
    if how == "role":
        anna.groups.clear()
    else:
        anna.is_active = False
        anna.save(update_fields=["is_active"])
    assert lost_access.return_barred() == 1
    started.refresh_from_db()
    anna.refresh_from_db()
    assert (started.assignee, anna.is_logged_in) == (ben, False)
    row = started.history.get(kind="returned")
    assert (row.history_user, row.history_change_reason) == (None, "role taken away")
    assert lost_access.return_barred() == 0
    assert list(invariants.broken()) == []


def test_started_task_that_is_kept_over_a_sign_out_goes_back_too(started: Task, anna: User) -> None:
    presence.sign_out(anna.pk, by=None, reason="not seen", keeps_started=True)
    anna.groups.clear()
    assert lost_access.return_barred() == 1
    started.refresh_from_db()
    assert started.status == Status.PENDING


def test_people_who_may_work_are_left_alone_in_one_statement(
    started: Task, anna: User, ben: User, mona: User, add_task: Callable[..., Task], labels: Queue
) -> None:
    for one in (ben, mona):
        presence.sign_in(one.pk)
    with CaptureQueriesContext(connection) as queries:
        assert lost_access.return_barred() == 0
    assert len(queries) <= 2
