"""The settings page, and pages in everybody's own language and time zone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from qc.core.local_days import beginning
from qc.core.localization import localized
from qc.core.wording import clock
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import change, typed

AddTask = Callable[..., Task]


def set_settings(person: User, **values: str) -> None:
    User.objects.filter(pk=person.pk).update(**values)


@pytest.fixture
def done_at_noon(invoices: Queue, anna: User, add_task: AddTask) -> Task:
    """Anna completed it on 5 March at noon, by UTC."""
    noon = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    task = add_task(invoices, due_at=noon + timedelta(hours=1))
    actions.sign_in(anna.pk)
    actions.complete(task.pk, by=anna)
    Task.objects.filter(pk=task.pk).update(completed_at=noon)
    return Task.objects.get(pk=task.pk)


def test_account_menu_links_to_the_settings_for_everybody(
    anna: User, otto: User, mona: User, sign_in_client: Any
) -> None:
    for person in (anna, otto, mona):
        page = sign_in_client(person).get(reverse("admin:my_settings"))
        links = [(str(link["title"]), link["link"]) for link in page.context["account_links"]]
        assert ("My settings", reverse("admin:my_settings")) in links
        assert ("Change password", reverse("admin:password_change")) in links


def test_settings_require_a_sign_in(client: Client, db: None) -> None:
    page = client.get(reverse("admin:my_settings"))
    assert page.url.startswith(reverse("admin:login"))


def test_settings_are_saved_with_one_history_row(anna: User, sign_in_client: Any) -> None:
    client = sign_in_client(anna)
    chosen = {"language": "de", "time_zone": "Europe/Berlin"}
    for _ in range(2):
        client.post(reverse("admin:my_settings"), chosen)
    kept = User.objects.get(pk=anna.pk)
    assert (kept.language, kept.time_zone) == ("de", "Europe/Berlin")
    row = anna.history.get(kind="settings")
    assert (row.history_user, row.through, row.time_zone) == (anna, "page", "Europe/Berlin")
    assert row.what == "Settings changed"


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd"])
def test_unknown_time_zone_is_refused(anna: User, sign_in_client: Any, zone: str) -> None:
    client = sign_in_client(anna)
    page = client.post(reverse("admin:my_settings"), {"time_zone": zone})
    assert list(page.context["form"].errors) == ["time_zone"]
    assert not User.objects.get(pk=anna.pk).time_zone


def test_older_name_of_a_time_zone_is_kept(anna: User, sign_in_client: Any) -> None:
    sign_in_client(anna).post(reverse("admin:my_settings"), {"time_zone": "US/Eastern"})
    assert User.objects.get(pk=anna.pk).time_zone == "US/Eastern"


def test_times_are_shown_in_the_reader_s_time_zone(
    done_at_noon: Task, mona: User, sign_in_client: Any
) -> None:
    client = sign_in_client(mona)
    assert "05 Mar 12:00" in client.get(change(done_at_noon)).content.decode()
    set_settings(mona, time_zone="Asia/Tokyo")
    assert "05 Mar 21:00" in client.get(change(done_at_noon)).content.decode()
    assert timezone.get_current_timezone_name() == "UTC"


def test_entered_time_is_in_the_writer_s_time_zone(
    invoices: Queue, add_task: AddTask, mona: User, sign_in_client: Any
) -> None:
    set_settings(mona, time_zone="Asia/Tokyo")
    client, task = sign_in_client(mona), add_task(invoices)
    form = typed(client, change(task)) | {"due_at_0": "2030-01-02", "due_at_1": "09:00:00"}
    client.post(change(task), form)
    task.refresh_from_db()
    assert task.due_at == datetime(2030, 1, 2, tzinfo=UTC)


def test_day_begins_at_the_reader_s_midnight() -> None:
    moment = datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
    with localized("", "Asia/Tokyo"):
        assert beginning(timezone.localdate(moment)) == datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


def test_pages_speak_the_language_of_the_person_not_of_the_browser(
    anna: User, sign_in_client: Any
) -> None:
    client = sign_in_client(anna)

    def language() -> str:
        with translation.override("en"):  # Django's own middleware leaves it as the browser asked
            page = client.get(reverse("admin:my_work"), HTTP_ACCEPT_LANGUAGE="de")
        return page.headers["Content-Language"]

    assert language() == "de"
    set_settings(anna, language="en")
    assert language() == "en"


def test_history_is_written_in_the_site_s_language(
    anna: User, invoices: Queue, add_task: AddTask, sign_in_client: Any
) -> None:
    set_settings(anna, language="de", time_zone="Asia/Tokyo")
    task = add_task(invoices)
    sign_in_client(anna)
    row = task.history.get(kind="assigned")
    due = clock(task.due_at)
    assert row.history_change_reason.startswith(f"P3, due {due}, most urgent of their one queue")


def test_manager_sets_the_time_zone_of_a_person(anna: User, mona_client: Client) -> None:
    form = typed(mona_client, change(anna))
    page = mona_client.post(change(anna), form | {"time_zone": "Europe/Berlin"})
    assert page.status_code == 302
    assert User.objects.get(pk=anna.pk).time_zone == "Europe/Berlin"
    assert anna.history.filter(time_zone="Europe/Berlin").count() == 1
