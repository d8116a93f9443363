"""Each session and each token begins and ends with an event, and a new device is told."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from qc.models import AuditEvent, EventKind, SignIn, User
from qc.work import presence
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/139.0 Safari/537.36 Edg/139.0"
NEWS = "Signed in as you with a new device"


def at(address: str, agent: str = FIREFOX) -> dict[str, Any]:
    return {"REMOTE_ADDR": address, "HTTP_USER_AGENT": agent}


def enter(address: str = "192.0.2.1", agent: str = FIREFOX) -> Client:
    """Sign Anna in on the pages."""
    client = Client(**at(address, agent))
    form = {"username": "anna", "password": "demo"}
    assert client.post(reverse("admin:login"), form).status_code == 302
    return client


def get_token(address: str = "192.0.2.1", agent: str = "curl/8.5") -> APIClient:
    client = APIClient(**at(address, agent))
    answer = client.post("/login/", {"username": "anna", "password": "demo"})
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    return client


def listed() -> list[tuple[str, str, str | None, str]]:
    rows = AuditEvent.objects.exclude(kind=EventKind.READ).order_by("pk")
    return [(row.kind, row.name, row.address, row.details.get("device", "")) for row in rows]


def test_each_sign_in_is_an_event_also_while_somebody_is_there(anna: User) -> None:
    enter()
    enter("203.0.113.9", EDGE)
    get_token("203.0.113.9")
    assert listed() == [
        ("session begun", "anna", "192.0.2.1", "Firefox, Windows"),
        ("session begun", "anna", "203.0.113.9", "Edge, Windows"),
        ("token issued", "anna", "203.0.113.9", "curl"),
    ]


def test_each_sign_out_is_an_event(anna: User) -> None:
    client, token = enter(), get_token()
    client.post(reverse("admin:logout"))
    token.post("/logout/")
    assert listed()[2:] == [
        ("session ended", "anna", "192.0.2.1", "Firefox, Windows"),
        ("token ended", "anna", "192.0.2.1", "curl"),
    ]
    assert not SignIn.objects.valid().exists()


def test_end_of_all_is_one_event_by_who_did_it(anna: User, mona: User) -> None:
    enter()
    get_token()
    presence.sign_out(anna.pk, by=mona, reason="went home")
    row = AuditEvent.objects.latest("pk")
    assert (row.kind, row.name, row.history_user) == ("access ended", "anna", mona)
    assert not SignIn.objects.valid().exists()


def test_trail_tells_it_in_sentences_and_filters_it(anna: User, otto_client: Client) -> None:
    enter()
    get_token().post("/logout/")
    User.objects.get(pk=anna.pk).groups.clear()
    page = otto_client.get("/admin/trail/?person=anna").content.decode()
    for sentence in (
        "anna began a session with Firefox, Windows, from 192.0.2.1",
        "anna got a token with curl, from 192.0.2.1",
        "anna ended a token with curl, from 192.0.2.1",
        "The console ended all sessions and tokens of anna",
    ):
        assert sentence in page
    page = otto_client.get("/admin/trail/?kind=token issued").content.decode()
    assert "got a token" in page
    assert "began a session" not in page.split("<tbody")[-1]


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("", "an unknown device"),
        ("<script>alert(1)</script>", "an unknown device"),
        ("x" * 4000, "x" * 80),
        ("evil\r\nX-Header: 1", "evil"),
    ],
)
def test_device_is_short_and_safe_whatever_it_says(
    anna: User, otto_client: Client, agent: str, shown: str
) -> None:
    enter(agent=agent)
    page = otto_client.get("/admin/trail/?kind=session begun").content.decode()
    assert f"anna began a session with {shown}, from" in page


class TestNewDevice:
    def test_is_told_on_the_next_page_of_another_session_once(self, anna: User) -> None:
        first = enter()
        assert NEWS not in first.get("/admin/my-work/").content.decode()
        enter("203.0.113.9", EDGE)
        page = first.get("/admin/my-work/").content.decode()
        assert NEWS in page
        assert "Edge, Windows, from 203.0.113.9. Not you? Change your password." in page
        assert NEWS not in first.get("/admin/my-work/").content.decode()

    def test_is_not_told_to_whoever_came_with_it(self, anna: User) -> None:
        first = enter()
        for _ in range(2):
            thief = enter("203.0.113.9", EDGE)
            assert NEWS not in thief.get("/admin/my-work/").content.decode()
        assert NEWS in first.get("/admin/my-work/").content.decode()

    def test_is_told_at_the_next_sign_in(self, anna: User) -> None:
        enter().post(reverse("admin:logout"))
        get_token("203.0.113.9")
        assert NEWS in enter().get("/admin/my-work/").content.decode()

    def test_part_of_a_page_does_not_swallow_it(self, anna: User) -> None:
        first = enter()
        enter("203.0.113.9", EDGE)
        first.get("/admin/my-work/panel/", headers={"HX-Request": "true"})
        assert NEWS in first.get("/admin/my-work/").content.decode()

    def test_known_device_is_not_told(self, anna: User) -> None:
        first = enter()
        enter().post(reverse("admin:logout"))
        enter()
        assert NEWS not in first.get("/admin/my-work/").content.decode()


def test_session_keeps_its_sign_in_at_a_new_password(anna: User) -> None:
    client, token = enter(), get_token()
    form = {"old_password": "demo", "new_password1": "a long and new one"}
    form["new_password2"] = form["new_password1"]
    client.post(reverse("admin:password_change"), form)
    (left,) = SignIn.objects.valid()
    assert left.session_key == client.session.session_key
    assert token.get("/dashbord/").status_code == 401
    assert client.get("/admin/my-work/").status_code == 200
