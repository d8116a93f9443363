"""Comments on *My work* and on a task's page, and the bell in the header."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.models import Queue, Task, User
from qc.work import actions, comments
from tests.admin.conftest import change

pytestmark = pytest.mark.django_db

PANEL = {"HX-Request": "true"}


@pytest.fixture
def held(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna holds."""
    add_task(invoices)
    actions.sign_in(anna.pk)
    return Task.objects.get(assignee=anna)


@pytest.fixture
def anna_client(anna: User, sign_in_client: Any) -> Client:
    client: Client = sign_in_client(anna)
    return client


def html(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_checker_comments_under_their_task_and_the_manager_answers_on_its_page(
    anna_client: Client, mona_client: Client, held: Task
) -> None:
    sent = anna_client.post(
        reverse("admin:my_work_comment", args=[held.pk]),
        {"comment": "@mona <b>Which</b> drawing?"},
        headers=PANEL,
    )
    assert sent.headers["QC-Commented"] == "yes"
    assert "&lt;b&gt;Which&lt;/b&gt; drawing?" in sent.content.decode()
    page = html(mona_client, change(held))
    assert "1 comment mentions you" in page
    assert '<p class="qc-comment-text" dir="auto">@mona &lt;b&gt;Which' in page
    mona_client.post(reverse("admin:task_comment", args=[held.pk]), {"comment": "The new one."})
    assert "mentions you" not in html(mona_client, change(held))
    assert "The new one." in html(anna_client, reverse("admin:my_work"))


def test_refused_comment_says_why(anna_client: Client, held: Task, mona_client: Client) -> None:
    address = reverse("admin:my_work_comment", args=[held.pk])
    sent = anna_client.post(address, {"comment": "x" * 2001}, headers=PANEL)
    assert "QC-Commented" not in sent.headers
    assert "at most 2000 characters" in sent.content.decode()
    address = reverse("admin:task_comment", args=[held.pk])
    sent = mona_client.post(address, {"comment": " "}, follow=True)
    assert "Please write something." in sent.content.decode()


def test_open_page_of_the_checker_shows_a_new_comment(
    anna_client: Client, mona: User, held: Task
) -> None:
    state = anna_client.get(reverse("admin:my_work")).context["state"]
    seen = {"held": state.held, "seen": state.version, "undo": "", "task": held.pk}
    panel = reverse("admin:my_work_panel")
    assert anna_client.get(panel, seen).status_code == 204
    comments.add(held.pk, "@anna Please hurry.", by=mona)
    shown = anna_client.get(panel, seen, headers=PANEL).content.decode()
    assert "Please hurry." in shown
    assert "1 comment mentions you" in shown


def test_floor_tells_a_manager_of_a_mention(mona_client: Client, anna: User, held: Task) -> None:
    seen = mona_client.get(reverse("admin:floor")).context["state"].seen
    panel = reverse("admin:floor_panel")
    comments.add(held.pk, "@mona Which drawing?", by=anna)
    shown = mona_client.get(panel, {"seen": seen}, headers=PANEL)
    assert "1 comment mentions you" in shown.content.decode()


def test_mentions_are_listed_and_marked_as_read(
    anna_client: Client, mona_client: Client, mona: User, anna: User, held: Task
) -> None:
    comments.add(held.pk, "@anna @mona Please hurry.", by=mona)
    address = reverse("admin:mentions")
    page = html(anna_client, address)
    assert f'href="/admin/my-work/?task={held.pk}"' in page
    assert "Mark all as read" in page
    anna_client.post(reverse("admin:mentions_read"))
    page = html(anna_client, address)
    assert "Please hurry." in page
    assert "Mark all as read" not in page
    assert "Nobody has mentioned you yet" in html(mona_client, address)


def test_my_work_takes_a_statement_more_only_where_there_are_comments(
    anna_client: Client, anna: User, held: Task
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            anna_client.get(reverse("admin:my_work"))
        return len(queries)

    statements()
    without = statements()
    comments.add(held.pk, "Which drawing?", by=anna)
    assert statements() == without + 1
