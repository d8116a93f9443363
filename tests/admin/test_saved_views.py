"""Views of the task list: tabs that everybody has, shared ones, and one's own."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.admin.tasks import saved_views
from qc.models import Queue, SavedView, User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

LIST = reverse("admin:qc_task_changelist")
URGENT = "priority__exact=1&status__exact=pending&o=due"


def tabs(client: Client, query: str = "") -> dict[str, bool]:
    """Return the names of the tabs, and whether each is the one that is shown."""
    all_tabs = client.get(f"{LIST}?{query}").context["tabs"].all
    return {str(name): is_shown for name, _address, is_shown in all_tabs}


def save(client: Client, name: str, query: str = URGENT, **more: Any) -> Any:
    posted = {"name": name, "query": query, **more}
    return client.post(reverse("admin:task_view_save"), posted, follow=True)


def test_everybody_has_tabs_for_open_overdue_and_failed(
    mona_client: Client, invoices: Queue
) -> None:
    assert list(tabs(mona_client)) == ["All", "Open", "Overdue", "Failed this week"]
    page = mona_client.get(LIST)
    for name, address, _is_shown in page.context["tabs"].all:
        shown = mona_client.get(LIST + address)
        assert [str(one) for one, _, is_shown in shown.context["tabs"].all if is_shown] == [name]
    assert "Save this view" not in page.content.decode()


def test_filters_and_order_are_saved_and_are_a_tab(mona_client: Client) -> None:
    page = save(mona_client, "Urgent", f"{URGENT}&after=3&unknown=1&created_at_from=")
    assert page.redirect_chain == [(f"{LIST}?{page.request['QUERY_STRING']}", 302)]
    view = SavedView.objects.get()
    params = {"status__exact": "pending", "priority__exact": "1", "o": "due"}
    assert (view.name, view.params, view.is_shared) == ("Urgent", params, False)
    assert tabs(mona_client, URGENT)["Urgent"] is True
    assert tabs(mona_client)["Urgent"] is False


def test_people_see_their_own_views_and_shared_ones_only(
    mona_client: Client, otto_client: Client, otto: User
) -> None:
    save(mona_client, "Mona's")
    save(mona_client, "Everybody's", is_shared="on")
    save(otto_client, "Otto's", is_shared="on")
    assert list(tabs(otto_client))[4:] == ["Everybody's", "Otto's"]
    assert list(tabs(mona_client))[4:] == ["Everybody's", "Mona's"]
    assert not SavedView.objects.get(owner=otto).is_shared


def test_only_the_owner_or_for_a_shared_view_a_manager_changes_it(
    mona_client: Client, otto_client: Client, root_client: Client
) -> None:
    save(mona_client, "Mona's")
    view = SavedView.objects.get()
    change = reverse("admin:task_view_change", args=[view.pk])
    delete = reverse("admin:task_view_delete", args=[view.pk])
    for client in (otto_client, root_client):
        assert client.post(change, {"name": "X"}).status_code == 404
        assert client.post(delete).status_code == 404
    mona_client.post(change, {"name": "Urgent", "is_shared": "on"})
    assert otto_client.post(delete).status_code == 404
    root_client.post(change, {"name": "Very urgent", "is_shared": "on"})
    assert list(tabs(otto_client))[4:] == ["Very urgent"]
    mona_client.post(delete)
    assert not SavedView.objects.exists()


def test_name_is_needed_once_and_their_number_is_limited(
    mona_client: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    assert "This field is required" in save(mona_client, "").content.decode()
    save(mona_client, "Urgent")
    page = save(mona_client, "Urgent", "late=no").content.decode()
    assert "You have a view of this name already." in page
    assert "You have too many views." in save(mona_client, "Other", "late=no").content.decode()
    assert SavedView.objects.count() == 1


def test_a_form_is_offered_for_new_filters_and_for_ones_own_view(
    mona_client: Client, otto_client: Client
) -> None:
    save(mona_client, "Everybody's", is_shared="on")
    assert "Save this view" in mona_client.get(f"{LIST}?late=no").content.decode()
    assert "Change this view" in mona_client.get(f"{LIST}?{URGENT}").content.decode()
    assert "Change this view" not in otto_client.get(f"{LIST}?{URGENT}").content.decode()
