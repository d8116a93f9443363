"""The status page: accessible, on every width, when all is well and when much is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from qc import tasks
from qc.models import JobRun, Queue, Task, User
from qc.work import presence
from tests.browser.axe import faults
from tests.conftest import person
from tests.databases import on_sqlite
from tests.monitoring.broken_rows import NO_JSON, spoil

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

AddTask = Callable[..., Task]
WIDTHS = (1440, 1024, 390)


@pytest.fixture
def ada(db: None) -> User:
    """Ada runs the server: a superuser."""
    return person("ada", is_superuser=True)


@pytest.fixture
def bad_day(anna: User, carla: User, invoices: Queue, labels: Queue, add_task: AddTask) -> Task:
    """A day on which much goes wrong; it returns the task whose row is broken."""
    Queue.objects.create(name="Certificates of conformity and other papers of suppliers")
    for one in (anna, carla):
        presence.sign_in(one.pk)
    for minutes in (5, 200, 4000):
        add_task(invoices, created_at=timezone.now() - timedelta(minutes=minutes))
    broken = add_task(labels)
    spoil(broken, "details", NO_JSON)
    for job in (tasks.sweep, tasks.seal, tasks.tidy, tasks.verify, tasks.prove):
        job()
    long_ago = timezone.now() - timedelta(days=3)
    JobRun.objects.filter(name="verify").update(succeeded_at=long_ago, ended_at=long_ago)
    JobRun.objects.filter(name="tidy").update(error="OperationalError: (1021, 'Disk full (…)')")
    return broken


def test_accessible_and_never_wider_than_the_screen(
    bad_day: Task, ada: User, open_window: Callable[..., Page]
) -> None:
    page = open_window(ada)
    page.goto("/admin/status/")
    found = faults(page, "a bad day")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("link", name=bad_day.reference)).to_be_visible()
    assert found == [], "\n".join(found)


def test_accessible_when_nothing_has_run_yet_and_it_renews_itself(
    ada: User, open_window: Callable[..., Page], settings: Any
) -> None:
    settings.HTTPS = True
    page = open_window(ada)
    page.clock.install()
    page.goto("/admin/status/")
    expect(page.get_by_role("heading", name="1 thing needs attention")).to_be_visible()
    found = faults(page, "nothing yet")
    tasks.sweep()
    page.clock.run_for(16_000)
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()
    assert found == [], "\n".join(found)
