"""Sessions end: after QC_SESSION_HOURS, and after QC_IDLE_MINUTES in which nobody used them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.models import AuditEvent, Queue, SignIn, Task, User
from qc.web.middleware import ACTIVE
from qc.work import actions
from tests.admin.test_sign_in_events import enter, get_token
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

AddTask = Callable[..., Task]
MINE = "/admin/my-settings/"


def left_alone(minutes: int) -> None:
    """Let all sessions and people be unused for so long."""
    then = timezone.now() - timedelta(minutes=minutes)
    SignIn.objects.update(last_used_at=then)
    User.objects.update(last_seen_at=then)
    Task.objects.filter(started_at__isnull=False).update(started_at=then, shown_at=then)
    cache.clear()


def is_in(client: Client) -> bool:
    return client.get(MINE).status_code == 200


def test_session_has_an_end_that_no_use_prolongs(anna: User, settings: Any) -> None:
    client = enter()
    begun = SignIn.objects.get().begun_at
    client.get("/admin/")
    session = client.session
    session["anything"] = 1
    session.save()
    end = Session.objects.get(pk=session.session_key).expire_date
    assert abs(end - begun - timedelta(hours=settings.QC_SESSION_HOURS)) < timedelta(seconds=5)


def test_unused_session_ends_with_an_event_and_leads_back(anna: User) -> None:
    client = enter()
    left_alone(119)
    assert is_in(client)
    left_alone(121)
    answer = client.get(MINE)
    assert answer.url == f"{reverse('admin:login')}?next={MINE}"
    page = client.get(answer.url).content.decode()
    assert "This session was not used for 120 minutes. Please sign in again." in page
    row = AuditEvent.objects.latest("pk")
    assert (row.kind, row.name, row.address) == ("session idle", "anna", "192.0.2.1")
    assert not SignIn.objects.valid().exists()


def test_what_a_page_asks_by_itself_is_no_use(anna: User) -> None:
    client = enter()
    left_alone(121)
    asks = {ACTIVE: "no", "HX-Request": "true"}
    answer = client.get("/admin/my-work/panel/", headers=asks)
    assert answer.headers["HX-Refresh"] == "true"
    assert not is_in(client)


def test_use_in_between_keeps_the_session(anna: User) -> None:
    client = enter()
    for _ in range(3):
        left_alone(100)
        assert is_in(client)
        assert SignIn.objects.get().last_used_at > timezone.now() - timedelta(minutes=1)


def test_use_of_one_session_keeps_no_other(anna: User) -> None:
    forgotten, used = enter(), enter("192.0.2.2")
    left_alone(121)
    SignIn.objects.filter(address="192.0.2.2").update(last_used_at=timezone.now())
    assert (is_in(used), is_in(forgotten)) == (True, False)


@pytest.mark.parametrize(("silent_after", "goes_on"), [(4, True), (1, False)])
def test_task_in_hand_keeps_the_session_as_long_as_its_queue_allows(
    anna: User, invoices: Queue, add_task: AddTask, silent_after: int, goes_on: bool
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(silent_after=timedelta(hours=silent_after))
    task, client = add_task(invoices), enter()
    actions.start(task.pk, by=anna)
    left_alone(150)
    assert is_in(client) == goes_on


def test_token_has_its_own_end_only(anna: User) -> None:
    token = get_token()
    left_alone(500)
    assert token.get("/dashbord/").status_code == 200
