"""Sessions and tokens end with the access of their person, and pages tell why they refuse."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.models import User
from qc.web.middleware import ACTIVE
from qc.work import presence

pytestmark = pytest.mark.django_db

STRONG = "a long and new one"


@pytest.fixture
def token(anna: User) -> APIClient:
    """A client with a token of Anna's."""
    client = APIClient()
    answer = client.post("/login/", {"username": "anna", "password": "demo"})
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert client.get("/dashbord/").status_code == 200
    return client


def test_ended_access_ends_sessions_and_tokens(
    anna: User, token: APIClient, sign_in_client: Any
) -> None:
    client = sign_in_client(anna)
    assert client.get("/admin/my-work/").status_code == 200
    presence.end_access(anna.pk)
    assert client.get("/admin/my-work/").url.startswith(reverse("admin:login"))
    assert token.get("/dashbord/").status_code == 401


def test_access_begins_anew_with_the_next_sign_in(anna: User, client: Client) -> None:
    presence.end_access(anna.pk)
    client.post(reverse("admin:login"), {"username": "anna", "password": "demo"})
    assert client.get("/admin/my-work/").status_code == 200
    api = APIClient()
    answer = api.post("/login/", {"username": "anna", "password": "demo"})
    api.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    assert api.get("/dashbord/").status_code == 200


def test_own_new_password_ends_all_but_this_session(
    anna: User, token: APIClient, sign_in_client: Any
) -> None:
    here, elsewhere = sign_in_client(anna), sign_in_client(anna)
    page = reverse("admin:password_change")
    form = {"old_password": "demo", "new_password1": STRONG, "new_password2": STRONG}
    assert here.post(page, form).url == reverse("admin:password_change_done")
    assert here.get("/admin/my-work/").status_code == 200
    assert elsewhere.get("/admin/my-work/").url.startswith(reverse("admin:login"))
    assert token.get("/dashbord/").status_code == 401


def seen_after(person: User, request: Any) -> bool:
    """Return whether the person counts as seen by a request."""
    User.objects.filter(pk=person.pk).update(last_seen_at=None)
    request()
    person.refresh_from_db()
    return person.last_seen_at is not None


def test_what_a_page_asks_by_itself_is_not_seen(anna: User, sign_in_client: Any) -> None:
    client, panel = sign_in_client(anna), reverse("admin:my_work_panel")
    assert not seen_after(anna, lambda: client.get(panel, headers={ACTIVE: "no"}))
    assert seen_after(anna, lambda: client.get(panel, headers={ACTIVE: "yes"}))
    assert seen_after(anna, lambda: client.get(panel))


def test_who_may_not_see_a_page_is_not_seen_by_it(anna: User, sign_in_client: Any) -> None:
    client = sign_in_client(anna)
    assert not seen_after(anna, lambda: client.get(reverse("admin:floor")))


def test_missing_right_is_told_in_our_words(anna: User, sign_in_client: Any) -> None:
    answer = sign_in_client(anna).get(reverse("admin:floor"))
    assert answer.status_code == 403
    assert "You may not see this page or do this." in answer.content.decode()
    assert answer.headers["QC-Refused"] == "right"


def test_stale_token_is_told_in_our_words(anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    page = "http://testserver/admin/my-settings/"
    answer = client.post(reverse("admin:my_settings"), {}, headers={"Referer": page})
    assert answer.status_code == 403
    assert "Open the page again and repeat what you did." in answer.content.decode()
    assert 'href="/admin/my-settings/"' in answer.content.decode()
    assert answer.headers["QC-Refused"] == "token"


@pytest.mark.parametrize("carrier", ["header", "field"])
def test_page_drawn_for_somebody_else_is_refused(
    anna: User, ben: User, sign_in_client: Any, carrier: str
) -> None:
    client, page = sign_in_client(ben), reverse("admin:take_break")
    drawn_for, form = f"{anna.pk}/%C3%A1nna", {"reason": "Lunch"}
    if carrier == "field":
        answer = client.post(page, form | {"qc_drawn_for": drawn_for})
    else:
        headers = {"QC-Drawn-For": drawn_for, "HX-Request": "true"}
        answer = client.post(page, form, headers=headers)
    assert answer.status_code == 409
    words = "You are signed in as ben here now; this page was opened by ánna."
    assert words in answer.content.decode()
    assert answer.headers["QC-Refused"] == "person"
    ben.refresh_from_db()
    assert ben.break_reason == ""
    assert client.post(page, form | {"qc_drawn_for": f"{ben.pk}/ben"}).status_code == 302


def test_part_of_a_page_whose_session_ended_reloads_the_page(anna: User, client: Client) -> None:
    for page in ("/admin/my-work/panel/", f"/admin/qc/user/{anna.pk}/sign-out/"):
        answer = client.get(page, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")


def test_button_pressed_after_the_session_ended_leads_back_to_its_page(client: Client) -> None:
    page = "http://testserver/admin/floor/?a=1"
    answer = client.post(reverse("admin:take_break"), {}, headers={"Referer": page})
    assert answer.url == reverse("admin:login") + "?next=/admin/floor/%3Fa%3D1"
