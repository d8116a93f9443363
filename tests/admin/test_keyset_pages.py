"""The task list's pages by key: each task is shown once, in both directions, at any time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from qc.core import keyset
from qc.models import Queue, Task, User
from qc.work import assignment, lifecycle
from tests.admin.conftest import signed_in
from tests.databases import on_sqlite

LIST = "admin:qc_task_changelist"


@pytest.fixture
def a_page_of_three(monkeypatch: Any) -> None:
    from qc.admin.tasks.admin import TaskAdmin

    monkeypatch.setattr(TaskAdmin, "list_per_page", 3)


def look(client: Client, query: str = "") -> Any:
    """Return the list that a page shows, without drawing the page."""
    request = RequestFactory().get(reverse(LIST) + query)
    request.user = get_user(client)
    return site.get_model_admin(Task).get_changelist_instance(request)


def shown(cl: Any) -> list[str]:
    return [task.reference for task in cl.result_list]


def down(client: Client, query: str = "") -> list[list[str]]:
    """Return what each page shows, from the first to the last."""
    pages = [cl := look(client, query)]
    while cl.older_link:
        pages.append(cl := look(client, cl.older_link))
    return [shown(cl) for cl in pages]


def up(client: Client, query: str = "") -> list[list[str]]:
    """Return what each page shows, from the last to the first."""
    cl = look(client, query)
    while cl.older_link:
        cl = look(client, cl.older_link)
    pages = [cl]
    while cl.newer_link:
        pages.append(cl := look(client, cl.newer_link))
    return [shown(cl) for cl in pages]


@pytest.fixture
def eight(
    a_page_of_three: None, invoices: Queue, anna: User, mona: User, add_task: Callable[..., Task]
) -> list[Task]:
    """Two completed by Anna, two in her hands, one on hold, one late, two more; some alike."""
    now = timezone.now()
    due = [now + timedelta(hours=n // 2) for n in range(1, 9)]
    tasks = [add_task(invoices, due_at=one, name="Check alike") for one in due]
    User.objects.filter(pk=anna.pk).update(capacity=2)
    signed_in(anna)
    for task in tasks[:2]:
        assignment.claim(task.pk, by=anna)
        lifecycle.complete(task.pk, by=anna)
    for task in tasks[2:4]:
        assignment.claim(task.pk, by=anna)
    lifecycle.hold(tasks[4].pk, by=mona, reason="wait")
    Task.objects.filter(pk=tasks[5].pk).update(due_at=now - timedelta(hours=1))
    return tasks


@pytest.mark.parametrize(
    ("query", "order"),
    [("", "newest first"), ("?q=qd-", "by reference"), ("?q=alike", "newest first")],
)
def test_list_says_in_which_order_it_is(
    mona_client: Client, eight: list[Task], query: str, order: str
) -> None:
    assert str(look(mona_client, query).order_words) == order


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?status__exact=pending",
        "?status__exact=completed",
        "?status__exact=assigned",
        "?status__exact=on_hold",
        "?queue__id__exact={queue}",
        "?queue__id__exact={queue}&status__exact=pending",
        "?queue__id__exact={queue}&status__exact=completed",
        "?assignee__id__exact={person}",
        "?assignee__id__exact={person}&status__exact=assigned",
        "?priority__exact=3",
        "?priority__exact=3&status__exact=pending",
        "?late=no",
        "?late=no&queue__id__exact={queue}",
        "?late=no&status__exact=pending",
        "?late=yes",
        "?created_at_from={day}",
        "?completed_at_from={day}&completed_at_to={day}",
        "?outcome__exact=passed",
        "?outcome__exact=passed&queue__id__exact={queue}",
        "?outcome__exact=passed&assignee__id__exact={person}",
        "?completed_at_to={day}&assignee__id__exact={person}",
        "?q=qd-",
        "?q=alike",
    ],
)
@pytest.mark.parametrize("step", [2, pytest.param(200, marks=on_sqlite)])
def test_every_filter_shows_each_task_once_in_both_directions(
    mona_client: Client,
    eight: list[Task],
    invoices: Queue,
    anna: User,
    query: str,
    step: int,
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(keyset, "STEPS", (step, step))
    today = timezone.localtime().date()
    query = query.format(queue=invoices.pk, person=anna.pk, day=today)
    pages = down(mona_client, query)
    listed = [reference for page in pages for reference in page]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(everything(mona_client, query))
    assert look(mona_client, f"{query or '?'}&_facets=True").add_facets is False
    again = {reference for page in up(mona_client, query) for reference in page}
    assert again == set(listed)


def everything(client: Client, query: str) -> list[str]:
    cl = look(client, query)
    return list(cl.queryset.values_list("reference", flat=True))


def test_pages_are_the_same_in_both_directions(mona_client: Client, eight: list[Task]) -> None:
    assert down(mona_client) == [
        ["QD-0008", "QD-0007", "QD-0006"],
        ["QD-0005", "QD-0004", "QD-0003"],
        ["QD-0002", "QD-0001"],
    ]
    assert up(mona_client) == down(mona_client)[::-1]


def test_new_tasks_do_not_move_later_pages(
    mona_client: Client, eight: list[Task], invoices: Queue, add_task: Callable[..., Task]
) -> None:
    older = look(mona_client).older_link
    before = shown(look(mona_client, older))
    for _ in range(4):
        add_task(invoices)
    assert shown(look(mona_client, older)) == before


def test_order_follows_from_the_filters(
    mona_client: Client, eight: list[Task], invoices: Queue, anna: User
) -> None:
    client = mona_client
    assert shown(look(client, "?late=no"))[0] == "QD-0003"  # first due
    Task.objects.filter(pk=eight[7].pk).update(priority=1)
    urgent = look(client, f"?queue__id__exact={invoices.pk}&status__exact=pending")
    assert shown(urgent) == ["QD-0008", "QD-0006", "QD-0007"]
    assert str(urgent.order_words) == "most urgent first"
    hers = look(client, f"?assignee__id__exact={anna.pk}")
    assert shown(hers) == ["QD-0004", "QD-0003", "QD-0002", "QD-0001"]
    assert shown(look(client, "?status__exact=completed")) == ["QD-0002", "QD-0001"]


def test_order_that_nobody_knows_is_ignored(mona_client: Client, eight: list[Task]) -> None:
    assert shown(look(mona_client, "?o=1.2")) == shown(look(mona_client))
    page = mona_client.get(reverse(LIST)).content.decode()
    assert "sortoptions" not in page
    assert "Show counts" not in page


@pytest.mark.parametrize("sort", ["reference", "priority", "due", "age"])
def test_list_is_sorted_by_what_an_index_has_in_both_directions(
    mona_client: Client, eight: list[Task], sort: str
) -> None:
    up_to_down = [reference for page in down(mona_client, f"?o={sort}") for reference in page]
    assert sorted(up_to_down) == [task.reference for task in eight]
    assert up(mona_client, f"?o={sort}") == down(mona_client, f"?o={sort}")[::-1]
    other_way = [reference for page in down(mona_client, f"?o=-{sort}") for reference in page]
    assert other_way == up_to_down[::-1]


def test_headings_sort_by_what_an_index_has_with_the_filters(
    mona_client: Client, eight: list[Task], invoices: Queue
) -> None:
    def sortable(query: str) -> set[str]:
        cl = look(mona_client, query)
        return {name for name in cl.list_display if cl.sorting(name)}

    assert sortable("") == {"reference", "priority_label", "due_words", "age"}
    assert sortable("?status__exact=completed") == {"due_words"}
    assert sortable(f"?queue__id__exact={invoices.pk}&status__exact=pending") == {"priority_label"}
    assert sortable("?q=alike") == {"age"}
    first = look(mona_client, "?o=due").sorting("due_words")
    assert (first["url_primary"], first["url_remove"], first["sorted"]) == ("?o=-due", "?", True)
    page = mona_client.get(reverse(LIST), {"o": "due"}).content.decode()
    assert "sortoptions" in page


def test_failed_tasks_are_red_and_listed_by_outcome_and_detail(
    mona_client: Client, eight: list[Task], invoices: Queue
) -> None:
    ids = [task.pk for task in eight[:2]]
    Task.objects.filter(pk__in=ids).update(outcome="failed")
    Task.objects.filter(pk=ids[0]).update(details={"supplier": "Acme", "Lot No.": 7})
    query = f"?outcome__exact=failed&queue__id__exact={invoices.pk}"
    assert shown(look(mona_client, query)) == ["QD-0002", "QD-0001"]
    for detail in ("supplier=Acme", "Lot No. = 7"):
        assert shown(look(mona_client, f"{query}&detail={detail}")) == ["QD-0001"]
    assert shown(look(mona_client, f"{query}&detail=supplier=Ac")) == []
    assert shown(look(mona_client, "?outcome__exact=passed")) == []
    page = mona_client.get(reverse(LIST) + query).content.decode()
    assert "red" in page.split("field-outcome_label")[1].split("</td>")[0]
    assert "green" not in page.split("field-status_label")[1].split("</td>")[0]


@pytest.mark.parametrize("wrong", ["after=x", "before=~~", "after=1~2~3", "after=", "before=-"])
def test_bad_key_shows_the_first_page(mona_client: Client, eight: list[Task], wrong: str) -> None:
    assert look(mona_client, f"?{wrong}").result_list
    first = look(mona_client, f"?late=no&{wrong}")
    assert shown(first) == shown(look(mona_client, "?late=no"))


def test_bad_filter_redirects_to_the_list(mona_client: Client, eight: list[Task]) -> None:
    for wrong in ("queue__id__exact=x", "assignee__id__exact=x", "priority__exact=x"):
        answer = mona_client.get(f"{reverse(LIST)}?{wrong}", follow=True)
        assert answer.status_code == 200
    shown_all = look(mona_client, "?created_at_from=nonsense&late=maybe")
    assert shown(shown_all) == shown(look(mona_client))


def test_filter_links_lead_to_the_first_page(mona_client: Client, eight: list[Task]) -> None:
    page = mona_client.get(reverse(LIST) + look(mona_client).older_link)
    forms = page.content.decode().split('id="filter-form"')[1]
    assert 'name="after"' not in forms


def test_page_says_how_many_tasks_were_searched_and_links_further(
    mona_client: Client, eight: list[Task], monkeypatch: Any
) -> None:
    monkeypatch.setattr(keyset, "STEPS", (2, 2))
    Task.objects.filter(pk=eight[5].pk).update(details={"batch": "B28"})
    answer = mona_client.get(reverse(LIST), {"detail": "batch=B28"})
    page = " ".join(answer.content.decode().split())
    assert "Searched 4 tasks for this page" in page
    assert "Search further" in page
    found = look(mona_client, answer.context["cl"].older_link)
    assert shown(found) == []
    assert "QD-0006" in page


def test_list_counts_up_to_its_limit(
    mona_client: Client, eight: list[Task], monkeypatch: Any
) -> None:
    def summary() -> str:
        return " ".join(mona_client.get(reverse(LIST)).content.decode().split())

    assert "8 tasks, newest first" in summary()
    monkeypatch.setattr("qc.admin.tasks.changelist.MOST_COUNTED", 5)
    assert "More than 5 tasks, newest first" in summary()


def test_list_counts_tasks_that_no_index_has_whole_among_those_that_it_has(
    mona_client: Client, eight: list[Task], invoices: Queue
) -> None:
    """Each page shows three of them."""
    waiting = look(mona_client, f"?created_at_from=2020-01-01&queue__id__exact={invoices.pk}")
    assert (waiting.is_counted, waiting.result_count) == (True, 8)


def test_day_filters_use_local_days(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task], settings: Any
) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    moments = ["2026-03-01T14:59:59Z", "2026-03-01T15:00:00Z", "2026-03-02T14:59:59Z"]
    tasks = [add_task(invoices, created_at=moment) for moment in moments]
    on_the_second = "?created_at_from=2026-03-02&created_at_to=2026-03-02"
    assert shown(look(mona_client, on_the_second)) == [
        tasks[2].reference,
        tasks[1].reference,
    ]
    sent_again = f"{on_the_second}&created_at_from=&created_at_to="
    assert len(shown(look(mona_client, sent_again))) == 3


def test_search_prefers_references_to_names(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(invoices, reference="FL-1", name="Check")
    named = add_task(invoices, reference="X-1", name="Check fl-2 again")
    assert shown(look(mona_client, "?q=fl-")) == ["FL-1"]
    assert shown(look(mona_client, "?q=fl-2")) == [named.reference]
    for strange in ("100%", "_", "\\", "'", "~"):
        assert look(mona_client, f"?q={strange}").result_list == []


def test_export_has_all_matching_tasks_from_any_page(
    mona_client: Client, eight: list[Task]
) -> None:
    link = look(mona_client).older_link
    page = mona_client.get(reverse(LIST) + link).content.decode()
    export = reverse("admin:qc_task_export")
    assert f"{export}?after" not in page
    for query in ("", link):
        answer = mona_client.post(export + query, {"resource": "0", "format": "0"})
        assert answer.getvalue().decode().count("QD-0") == 8


def test_auditor_sees_the_list_without_actions(otto_client: Client, eight: list[Task]) -> None:
    page = otto_client.get(reverse(LIST)).content.decode()
    assert "QD-0008" in page
    assert "hold_selected" not in page
    assert "that match" not in page


def test_bulk_change_has_all_matching_tasks_from_any_page(
    mona_client: Client, eight: list[Task]
) -> None:
    sent = {"action": "hold_selected", "_selected_action": "all", "select_across": "1"}
    link = look(mona_client).older_link
    page = mona_client.post(reverse(LIST) + link, sent)
    assert page.context["for_all"]["n"] == 5
