"""The page of the audit trail: access, rows, filters, and that reading is recorded."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc import history
from qc.models import AuditEvent, Queue, Task, User
from qc.web.trail_filters import BoundaryField
from qc.work import actions
from tests.admin.conftest import change, signed_in
from tests.databases import on_sqlite

TRAIL = "/admin/trail/"


@pytest.fixture
def task(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna got and Mona put on hold."""
    task = add_task(invoices, reference="INV-2231")
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    actions.hold(task.pk, by=mona, reason="call <b>them</b>")
    return task


def text(client: Client, **params: str) -> str:
    page = client.get(f"{TRAIL}?{urlencode(params)}")
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def rows(client: Client, **params: str) -> list[Any]:
    return client.get(f"{TRAIL}?{urlencode(params)}").context["page"].rows


@pytest.mark.parametrize(
    ("who", "answer"), [("otto", 200), ("mona", 200), ("root", 200), ("anna", 403)]
)
def test_trail_is_for_auditors_managers_and_root(
    who: str, answer: int, request: Any, sign_in_client: Any
) -> None:
    client = sign_in_client(request.getfixturevalue(who))
    assert client.get(TRAIL).status_code == answer
    row = User.history.first()
    assert client.get(reverse("admin:trail_row", args=["person", row.pk])).status_code == answer
    assert client.post(TRAIL).status_code == (405 if answer == 200 else 403)


def test_anonymous_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(TRAIL).url.startswith(reverse("admin:login"))


def test_row_is_an_escaped_sentence_with_links(otto_client: Client, mona: User, task: Task) -> None:
    page = text(otto_client)
    link = f'<a class="qc-link" href="{change(task)}">INV-2231</a>'
    assert f"took {link} back from " in page
    assert f'<a class="qc-link" href="{change(mona)}">mona</a>' in page
    assert "call &lt;b&gt;them&lt;/b&gt;" in page


def test_opened_row_shows_changes_exact_time_and_channel(otto_client: Client, task: Task) -> None:
    row = task.history.first()
    address = reverse("admin:trail_row", args=["task", row.pk])
    part = otto_client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert f"{row.history_date:%Y-%m-%d %H:%M:%S.%f} UTC" in part
    assert "call &lt;b&gt;them&lt;/b&gt;" in part
    for cell in ("<td>assigned</td><td>on hold</td>", "<td>anna</td><td>–</td>"):
        assert cell in part
    for narrower in ("person=mona", "person=anna", "task=INV-2231", f"queue={task.queue_id}"):
        assert f'href="/admin/trail/?{narrower}"' in part
    whole = otto_client.get(address).content.decode()
    assert "<html" in whole
    assert "<td>assigned</td><td>on hold</td>" in whole


def test_first_row_of_a_task_shows_all_its_values(otto_client: Client, task: Task) -> None:
    first = task.history.last()
    page = otto_client.get(reverse("admin:trail_row", args=["task", first.pk]))
    assert "<td>–</td><td>INV-2231</td>" in page.content.decode()


def test_unknown_row_is_not_found(otto_client: Client) -> None:
    for table in ("task", "person", "queue", "event", "nonsense"):
        address = reverse("admin:trail_row", args=[table, 987654])
        assert otto_client.get(address).status_code == 404


def test_filters_find_rows_and_have_chips(otto_client: Client, task: Task, invoices: Queue) -> None:
    assert {row.id for row in rows(otto_client, task="inv-2231")} == {task.pk}
    assert {row.id for row in rows(otto_client, task="inv")} == {task.pk}
    assert {row.table for row in rows(otto_client, person="mona")} == {"task", "person"}
    assert [row.kind for row in rows(otto_client, kind="held")] == ["held"]
    both = {"queue": str(invoices.pk), "kind": "held"}
    page = text(otto_client, **both)
    assert "Queue: Invoices" in page
    assert "Change: Put on hold" in page
    assert '<a href="?kind=held" aria-label="Remove filter: Queue: Invoices">' in page


def test_each_kind_of_change_is_offered_once_and_by_a_name_of_its_own(
    otto_client: Client, db: None
) -> None:
    groups = otto_client.get(TRAIL).context["form"].fields["kind"].choices
    offered = [one for _, group in groups[1:] for one in group]  # the first is "Any"
    kinds, names = [kind for kind, _ in offered], [str(name) for _, name in offered]
    assert sorted(kinds) == sorted(set(kinds))
    assert sorted(names) == sorted(set(names))
    assert {"reopened", "resumed", "unpaused"} <= set(kinds)


def test_day_as_end_includes_the_whole_day(otto_client: Client, task: Task) -> None:
    day = f"{task.history.first().history_date:%Y-%m-%d}"
    assert rows(otto_client, kind="held", since=day, until=day)
    assert not rows(otto_client, kind="held", until="2020-01-01T10:00")


@pytest.mark.parametrize(
    ("typed", "first", "after"),
    [
        ("2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:31"),  # It is there twice.
        ("2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("2026-03-29T02:30", "2026-03-29T00:30", "2026-03-29T01:31"),  # It is not there.
        ("2026-10-25T02:30+01:00", "2026-10-25T01:30", "2026-10-25T01:31"),
    ],
)
def test_period_leaves_out_no_row_of_an_hour_that_exists_twice(
    typed: str, first: str, after: str
) -> None:
    with timezone.override("Europe/Berlin"):
        since, until = (BoundaryField(is_end=end).clean(typed) for end in (False, True))
    assert (since, until) == tuple(datetime.fromisoformat(f"{one}Z") for one in (first, after))


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"person": "nemo"}, "There is nobody called “nemo”."),
        ({"task": "X-1"}, "There is no task whose reference is “X-1” or begins with it."),
        ({"queue": "999"}, "There is no such queue."),
        ({"queue": "x"}, "There is no such queue."),
        ({"kind": "eaten"}, "There is no such kind of change."),
        ({"through": "wall"}, "There is no such channel."),
        ({"since": "soon"}, "“soon” is not a date"),
        ({"since": "2026-13-45"}, "“2026-13-45” is not a date"),
        ({"until": "1901-01-01"}, "The end must not be before the start."),
        ({"until": "0001-01-01"}, "“0001-01-01” is too far away: the year must be from 1900"),
        ({"since": "0001-01-01T00:00"}, "“0001-01-01T00:00” is too far away"),
        ({"until": "9999-12-31"}, "“9999-12-31” is too far away: the year must be from 1900"),
        ({"request": "<script>"}, "This is not a request ID"),
    ],
)
def test_wrong_filter_shows_a_message_and_no_rows(
    otto_client: Client, task: Task, params: dict[str, str], sentence: str
) -> None:
    page = text(otto_client, **{"since": "2020-01-01"} | params)
    assert sentence in page
    assert "Nothing is shown: please fix the marked field." in page
    assert 'class="qc-trail"' not in page


def test_too_many_tasks_with_the_same_beginning_are_refused(
    otto_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    for _ in range(21):
        add_task(invoices)
    assert "More than 15 tasks begin with “QD-0”" in text(otto_client, task="QD-0")
    assert rows(otto_client, task="QD-001")


def test_page_without_matches_says_what_to_do(otto_client: Client, task: Task) -> None:
    page = text(otto_client, kind="cancelled")
    assert "No matches. Remove a filter above, or choose a longer period." in page


def test_older_and_newer_links_page_by_key(otto_client: Client, task: Task, mona: User) -> None:
    for n in range(60):
        task.name = f"Name {n}"
        history.save(task, kind="", by=mona, fields=["name"])
    first = otto_client.get(f"{TRAIL}?task=INV-2231")
    assert len(first.context["page"].rows) == 50
    second = otto_client.get(TRAIL + first.context["older_link"])
    assert len(second.context["page"].rows) == task.history.count() - 50
    assert not second.context["older_link"]
    back = otto_client.get(TRAIL + second.context["newer_link"])
    assert [row.pk for row in back.context["page"].rows] == [
        row.pk for row in first.context["page"].rows
    ]
    assert not otto_client.get(f"{TRAIL}?after=1~2~x~4").context["newer_link"]
    assert otto_client.get(f"{TRAIL}?after=99999999999999999999~1~1~1").status_code == 200


def test_each_page_read_is_recorded_with_its_filters(
    otto_client: Client, otto: User, task: Task
) -> None:
    otto_client.get(f"{TRAIL}?person=mona")
    otto_client.get(f"{TRAIL}?person=anna&kind=assigned")
    read = AuditEvent.objects.filter(kind="read the trail", history_user=otto)
    filters = [one.filters for one in read.order_by("pk")]
    assert filters == [{"person": "mona"}, {"person": "anna", "kind": "assigned"}]
    page = text(otto_client, reads="on")
    assert "read the audit trail: person = anna, kind = assigned" in page


def test_reads_and_exports_are_hidden_unless_asked_for(otto_client: Client, task: Task) -> None:
    for _ in range(3):
        otto_client.get(f"{TRAIL}trail.csv")
    kinds = {one.kind for one in rows(otto_client)}
    assert {"held", "assigned"} <= kinds
    assert not kinds & {"exported", "read the trail"}
    assert {"exported", "read the trail", "held"} <= {
        one.kind for one in rows(otto_client, reads="on")
    }
    assert {one.kind for one in rows(otto_client, kind="exported")} == {"exported"}
    assert {one.kind for one in rows(otto_client, person="mona")} == {"held", ""}
    assert "session begun" in {one.kind for one in rows(otto_client, person="otto")}
    assert "Show reads and exports <a" in text(otto_client, reads="on")


def test_pages_without_reads_skip_any_number_of_them(
    otto_client: Client, otto: User, mona: User, db: None
) -> None:
    old = [AuditEvent(kind="locked out", name=f"qc{n}") for n in range(60)]
    AuditEvent.objects.bulk_create(old)
    reads = [AuditEvent(kind="read the trail", history_user=otto) for _ in range(15_000)]
    AuditEvent.objects.bulk_create(reads)
    page = otto_client.get(TRAIL).context["page"]
    events = [one.name for one in page.rows if one.table == "event"]
    assert events == [f"qc{n}" for n in range(59, 59 - len(events), -1)]
    assert (len(page.rows), page.searched) == (50, 0)


@on_sqlite
def test_person_is_found_by_their_real_names(
    otto_client: Client, mona: User, ben: User, task: Task
) -> None:
    User.objects.filter(pk=mona.pk).update(first_name="Mona", last_name="Schröder")
    User.objects.filter(pk=ben.pk).update(first_name="Ben", last_name="Schröder")
    for name in ("Mona Schröder", "schröder, mona", "Mona Schröder (mona)", "MONA"):
        assert "held" in {one.kind for one in rows(otto_client, person=name)}, name
    assert "Person: Mona Schröder (mona)" in text(otto_client, person="mona sch")
    several = "Ben Schröder (ben), Mona Schröder (mona). Enter more of it."
    assert several in text(otto_client, person="Schröder")
    assert "There is nobody called “( )”." in text(otto_client, person="( )")


@on_sqlite
def test_person_found_by_real_name_is_recorded_by_the_user_name(
    otto_client: Client, otto: User, mona: User
) -> None:
    User.objects.filter(pk=mona.pk).update(first_name="Mona", last_name="Schröder")
    otto_client.get(f"{TRAIL}?person=Mona+Schröder")
    otto_client.get(f"{TRAIL}trail.csv?person=Mona+Schröder")
    events = AuditEvent.objects.filter(history_user=otto, kind__in=["read the trail", "exported"])
    assert [one.filters["person"] for one in events] == ["mona", "mona"]


@on_sqlite
def test_each_time_has_its_zone(otto: User, otto_client: Client, task: Task) -> None:
    User.objects.filter(pk=otto.pk).update(time_zone="Asia/Kolkata")
    times = re.findall(r"<time [^>]*>([^<]*)</time>", text(otto_client))
    assert times
    assert all(one.endswith(" UTC+5:30") for one in times)


def test_each_opened_row_and_history_page_is_recorded(
    otto_client: Client, otto: User, anna: User, task: Task
) -> None:
    row = task.history.first()
    opened = [
        reverse("admin:trail_row", args=["task", row.pk]),
        reverse("admin:qc_task_history", args=[task.pk]),
        reverse("admin:qc_user_history", args=[anna.pk]),
    ]
    for address in opened:
        assert otto_client.get(address).status_code == 200
    # What stands on the pages that people work with is not read on purpose.
    otto_client.get(change(task))
    # Nothing was read where there was nothing.
    otto_client.get(reverse("admin:trail_row", args=["task", 987654]))
    read = AuditEvent.objects.filter(kind="read the trail", history_user=otto).order_by("pk")
    assert [one.filters for one in read] == [
        {"row": f"task {row.pk}"},
        {"history": "task", "task": str(task)},
        {"history": "person", "person": "anna"},
    ]


def test_refused_readers_are_not_recorded_as_readers(
    anna: User, task: Task, sign_in_client: Any
) -> None:
    client = sign_in_client(anna)
    client.get(reverse("admin:trail_row", args=["task", task.history.first().pk]))
    client.get(reverse("admin:qc_task_history", args=[task.pk]))
    assert not AuditEvent.objects.filter(kind="read the trail").exists()


def test_long_trail_takes_no_more_queries_than_a_short_one(
    otto_client: Client, task: Task, mona: User, invoices: Queue
) -> None:
    def query_count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert otto_client.get(TRAIL).status_code == 200
        return len(queries)

    query_count()
    few = query_count()
    for n in range(60):
        by = User.objects.create_user(f"by{n}")
        actions.pause(invoices.pk, by=mona, reason="noise")
        task.name = f"Name {n}"
        history.save(task, kind="", by=by, fields=["name"])
        actions.unpause(invoices.pk, by=mona)
    assert query_count() <= few
