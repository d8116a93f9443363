"""*Give next* on pages: from a person on *Floor*, and from a task's own page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.admin.conftest import act, change, signed_in, typed

pytestmark = pytest.mark.django_db

FLOOR = "/admin/floor/"
MEANT = {"_form_submitted": "True"}


@pytest.fixture
def waiting(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that waits while Anna is busy with another."""
    add_task(invoices)
    actions.sign_in(anna.pk)
    task: Task = add_task(invoices, name="Invoice of Meyer")
    return task


def html(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def give(client: Client, person: User, reference: str) -> Any:
    form = MEANT | {"reference": reference, "reason": ""}
    return client.post(act(person, "give_next") + "?next=/admin/floor/", form)


def test_busy_person_is_given_a_task_next_on_the_floor(
    mona_client: Client, anna: User, waiting: Task
) -> None:
    dialog = html(mona_client, act(anna, "give_next"))
    assert '<option value="QD-0002">' in dialog
    assert give(mona_client, anna, " qd-0002 ").url == FLOOR
    assert list(anna.line.all()) == [waiting]
    floor = html(mona_client, FLOOR)
    assert "Next:" in floor
    assert "QD-0002" in floor
    assert "Take out of the line" in floor


def test_person_sees_on_my_work_what_is_next_for_them(
    mona_client: Client, sign_in_client: Callable[..., Client], anna: User, waiting: Task
) -> None:
    page, anna_client = "/admin/my-work/", sign_in_client(anna)
    assert "Next for you" not in html(anna_client, page)
    with CaptureQueriesContext(connection) as without:
        anna_client.get(page)
    give(mona_client, anna, waiting.reference)
    with CaptureQueriesContext(connection) as with_one:
        shown = html(anna_client, page)
    assert "Next for you" in shown
    assert "Invoice of Meyer" in shown
    assert len(with_one) == len(without) + 1


def test_unknown_reference_is_refused_under_its_field(
    mona_client: Client, anna: User, waiting: Task
) -> None:
    assert "There is no task X-1." in give(mona_client, anna, "X-1").content.decode()
    assert "QD-0001 is assigned" in give(mona_client, anna, "QD-0001").content.decode()


def test_task_is_given_next_from_its_own_page_and_taken_back_there(
    mona_client: Client, anna: User, waiting: Task, carla: User
) -> None:
    signed_in(carla)
    dialog = html(mona_client, act(waiting, "give_next_task"))
    assert "anna, has 1 of 1 tasks" in dialog
    assert "carla" not in dialog
    form = MEANT | {"person": str(anna.pk), "reason": "they called"}
    mona_client.post(act(waiting, "give_next_task"), form)
    page = html(mona_client, change(waiting))
    assert "It is next for anna, who gets it before all others." in page
    assert act(waiting, "take_from_line_task") in page
    mona_client.post(act(waiting, "take_from_line_task"), MEANT | {"reason": ""})
    waiting.refresh_from_db()
    assert waiting.next_for is None
    assert act(waiting, "take_from_line_task") not in html(mona_client, change(waiting))


def test_edit_of_its_queue_takes_it_out_of_the_line(
    mona_client: Client, mona: User, anna: User, waiting: Task, labels: Queue
) -> None:
    actions.give_next(waiting.pk, anna.pk, by=mona)
    form = typed(mona_client, change(waiting)) | {"queue": str(labels.pk)}
    assert mona_client.post(change(waiting), form).status_code == 302
    waiting.refresh_from_db()
    assert (waiting.queue, waiting.next_for) == (labels, None)


def test_auditor_sees_the_line_and_changes_nothing(
    otto_client: Client, mona: User, anna: User, waiting: Task
) -> None:
    actions.give_next(waiting.pk, anna.pk, by=mona)
    floor = html(otto_client, FLOOR)
    assert "Next:" in floor
    assert "Take out of the line" not in floor
    assert "Give next" not in floor
    assert give(otto_client, anna, "QD-0002").status_code == 403


def test_free_person_is_offered_no_line(mona_client: Client, anna: User, invoices: Queue) -> None:
    signed_in(anna)
    assert act(anna, "give_next") not in html(mona_client, FLOOR)


def test_floor_with_lines_takes_no_more_statements(
    mona_client: Client, mona: User, anna: User, ben: User, waiting: Task, add_task: Any
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            mona_client.get(FLOOR)
        return len(queries)

    statements()
    few = statements()
    actions.give_next(waiting.pk, anna.pk, by=mona)
    assert statements() == few


def test_nobody_is_idle_for_what_is_in_somebody_elses_line(
    mona_client: Client, mona: User, anna: User, ben: User, waiting: Task
) -> None:
    actions.give_next(waiting.pk, anna.pk, by=mona)
    presence.sign_in(ben.pk)
    assert "Free while tasks are waiting" not in html(mona_client, FLOOR)
