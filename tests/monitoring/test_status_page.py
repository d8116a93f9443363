"""The status page says in plain words whether all is well, and names what is not."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qc import tasks
from qc.admin.status import jobs, server
from qc.models import JobRun, Queue, Role, Task, User
from qc.monitoring import checks, readings
from qc.templatetags import status
from qc.work import presence
from tests.conftest import person
from tests.databases import on_sqlite
from tests.monitoring.broken_rows import NO_JSON, NO_LENGTH, spoil

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
PAGE, PANEL = "/admin/status/", "/admin/status/panel/"


@pytest.fixture
def ada(db: None) -> User:
    """Ada runs the server: a superuser."""
    return person("ada", is_superuser=True)


@pytest.fixture
def page(client: Client, ada: User, settings: Any) -> Callable[[], str]:
    """Read the page as Ada, as plain text."""
    settings.HTTPS = True
    client.force_login(ada)

    def read() -> str:
        answer = client.get(PAGE)
        assert answer.status_code == 200
        content = answer.content.decode().partition('id="status"')[2]
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content)))

    return read


@pytest.mark.parametrize("role", [Role.QC_STAFF, Role.MANAGERS, Role.AUDITORS])
def test_only_who_runs_the_server_sees_it(role: str, client: Client) -> None:
    client.force_login(person("somebody", role))
    assert (client.get(PAGE).status_code, client.get(PANEL).status_code) == (403, 403)


def test_right_to_see_it_can_be_granted(client: Client, mona: User) -> None:
    from django.contrib.auth.models import Permission

    mona.user_permissions.add(Permission.objects.get(codename="view_jobrun"))
    client.force_login(mona)
    assert client.get(PAGE).status_code == 200
    assert PAGE in client.get("/admin/floor/").content.decode()


def test_says_when_all_is_well(page: Callable[[], str]) -> None:
    tasks.sweep()
    assert "All is well" in page()


def test_new_installation_says_what_has_not_run_yet(page: Callable[[], str]) -> None:
    text = page()
    assert "1 thing needs attention" in text
    assert "The scheduler does not run." in text
    assert "There is no queue yet." in text


@pytest.mark.django_db(transaction=True)
def test_names_the_row_that_could_not_be_worked_on(
    page: Callable[[], str], carla: User, labels: Queue, add_task: AddTask, client: Client
) -> None:
    presence.sign_in(carla.pk)
    task = add_task(labels)
    spoil(task, "details", NO_JSON)
    tasks.sweep()
    text = page()
    assert "Scheduler could not do 1 thing" in text
    assert "QD-0001 could not be assigned to carla" in text
    assert "IntegrityError" in text
    assert f'href="/admin/qc/task/{task.pk}/change/"' in client.get(PAGE).content.decode()


@pytest.mark.django_db(transaction=True)
def test_broken_row_leaves_the_page(
    page: Callable[[], str], anna: User, invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    presence.sign_in(anna.pk)
    add_task(invoices)
    for column in ("target", "silent_after"):
        spoil(labels, column, NO_LENGTH)
    tasks.sweep()
    text = page()
    assert "can't be read: " not in text
    assert "Labels" in text


def test_part_that_cannot_be_read_leaves_the_others(
    page: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> Any:
        raise ValueError("no such moment")

    monkeypatch.setattr(readings, "people", fails)
    text = page()
    assert "A part of this page can't be read: ValueError: no such moment" in text
    assert "Sealing the audit trail" in text


def test_job_that_was_cut_short_says_why(
    page: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> Any:
        raise OperationalError(1021, "Disk full")

    monkeypatch.setattr(tasks.sealing, "seal", fails)
    with pytest.raises(OperationalError):
        tasks.seal()
    assert "Sealing the audit trail was cut short: OperationalError: (1021, 'Disk" in page()


@pytest.mark.parametrize(("hours", "is_late"), [(25, False), (27, True)])
def test_nightly_job_that_did_not_run_is_late(
    hours: int, is_late: bool, page: Callable[[], str]
) -> None:
    tasks.verify()
    JobRun.objects.update(succeeded_at=timezone.now() - timedelta(hours=hours))
    assert ("Verifying the seals has not run as often as it should" in page()) is is_late


def test_unsafe_settings_are_named(page: Callable[[], str], settings: Any) -> None:
    settings.HTTPS, settings.DEBUG, settings.ALLOWED_HOSTS = False, True, ["*"]
    text = page()
    for words in ("DEBUG is on", "QC_HTTPS is off", "ALLOWED_HOSTS allows any name"):
        assert words in text


def test_broker_that_is_away_is_said(
    page: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(checks.CHECKS, "broker", lambda: checks.NO_ANSWER)
    assert "The broker does not answer." in page()


def test_panel_is_sent_only_when_something_has_changed(
    client: Client,
    ada: User,
    invoices: Queue,
    add_task: AddTask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "STEPS", (10**9,))
    # At the turn of a minute it would differ.
    monkeypatch.setattr(status, "clock", lambda moment: "09:17")
    tasks.sweep()
    client.force_login(ada)
    link = re.search(r'hx-get="([^"]+)"', client.get(PAGE).content.decode().split('id="status"')[1])
    assert link is not None
    assert client.get(link[1]).status_code == 204
    add_task(invoices)
    changed = client.get(link[1])
    assert (changed.status_code, b'id="status"' in changed.content) == (200, True)


def test_page_costs_as_many_statements_with_many_people_and_queues(
    page: Callable[[], str], anna: User, invoices: Queue
) -> None:
    with CaptureQueriesContext(connection) as few:
        page()
    for n in range(30):
        one = User.objects.create(username=f"p{n}", is_logged_in=True)
        Queue.objects.create(name=f"Q{n:03}").people.add(one)
    with CaptureQueriesContext(connection) as many:
        page()
    assert len(many) <= len(few)


def test_every_job_of_the_schedule_has_its_line() -> None:
    from config import settings as project

    assert set(jobs.JOBS) == {
        *(*project.CELERY_BEAT_SCHEDULE, "import", "verify on demand", "webhook")
    }
