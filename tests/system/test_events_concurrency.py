"""Work is there within a second of what made it possible, with the sweep an hour away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from qc.models import Import, Queue, Role, Task, User
from qc.work import presence
from tests.admin.conftest import act, change
from tests.conftest import person
from tests.databases import on_mariadb
from tests.system.browsers import Browser
from tests.system.site import Site, assert_sound

pytestmark = on_mariadb

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, ROWS = 50, 1000
AT_ONCE = timedelta(seconds=1)


@pytest.fixture
def running(site: Site) -> Site:
    """A site with everything running, but no sweep within the hour."""
    site.variables = {"QC_SWEEP_SECONDS": "3600"}
    site.start_web()
    site.start_jobs()
    return site


@pytest.fixture
def mona(running: Site) -> Browser:
    """The browser of Mona, who manages."""
    person("mona", Role.MANAGERS)
    return Browser(running.url, "mona")


def free(*people: User) -> None:
    """Let people be there with nothing to do."""
    for one in people:
        presence.sign_in(one.pk)


def held_by(*people: User) -> list[Task]:
    return list(Task.objects.held().filter(assignee__in=people))


def when(item: Any, kind: str) -> Any:
    """Return when the last change of this kind happened."""
    return item.history.filter(kind=kind).latest().history_date


def assert_at_once(tasks: list[Task], since: Any) -> None:
    waited = max(task.assigned_at - since for task in tasks)
    assert timedelta(0) <= waited <= AT_ONCE


def test_imported_tasks_reach_fifty_free_people_at_once(
    running: Site, queue: Queue, hire: Hire, mona: Browser
) -> None:
    people = hire(PEOPLE)
    free(*people)
    rows = "".join(f"GOODS-{n},Check {n},{queue}\n" for n in range(ROWS))
    page = mona.upload(reverse("admin:imports"), "tasks.csv", f"reference,name,queue\n{rows}")
    assert not Task.objects.exists()
    assert f"{ROWS:,} new" in page.text
    mona.post(reverse("admin:import_begin", args=[Import.objects.get().pk]))

    held = held_by(*people)
    assert {task.assignee_id for task in held} == {one.pk for one in people}
    imported = Task.history.filter(kind="imported")
    assert imported.count() == ROWS
    assert_at_once(held, imported.latest().history_date)
    assert_nothing_swept(running)


def test_released_or_resumed_task_reaches_a_free_person_at_once(
    running: Site, queue: Queue, hire: Hire, pile: Pile, mona: Browser
) -> None:
    anna, ben = hire(2)
    [task] = pile(queue, 1)
    anna_s = Browser(running.url, "qc1")
    assert held_by(anna) == [task]
    anna_s.post(reverse("admin:take_break"), reason="Lunch")
    free(ben)
    mona.dialog(act(task, "release_task"), reason="Anna is at lunch")
    assert_at_once(held_by(ben), when(task, "released"))

    mona.dialog(act(task, "hold_task"), reason="a part is missing")
    assert not Task.objects.held().exists()
    mona.dialog(act(task, "resume_task"), reason="it is there")
    assert_at_once(held_by(ben), when(task, "resumed"))
    assert_nothing_swept(running)


def test_raised_capacity_or_ended_break_brings_a_task_at_once(
    running: Site, queue: Queue, hire: Hire, pile: Pile, mona: Browser
) -> None:
    [anna] = hire(1)
    anna_s = Browser(running.url, "qc1")
    anna_s.post(reverse("admin:take_break"), reason="Coffee")
    pile(queue, 2)
    anna_s.post(reverse("admin:come_back"))
    [first] = held_by(anna)
    assert_at_once([first], when(anna, "came back"))

    mona.edit(change(anna), "user_form", capacity=2)
    [second] = [task for task in held_by(anna) if task != first]
    assert_at_once([second], when(anna, ""))
    assert_nothing_swept(running)


def assert_nothing_swept(site: Site) -> None:
    assert not Task.history.filter(through="sweep").exists()
    assert "sweep:" not in site.printed_by("sweeper")
    assert_sound(site)
