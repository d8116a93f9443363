"""The lists of sessions and tokens: one's own, and those of a manager's people."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from qc.models import AuditEvent, SignIn, User
from tests.admin.conftest import change
from tests.admin.test_sign_in_events import EDGE, enter, get_token
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

MINE = "/admin/my-settings/"


def end(client: Client, sign_in: SignIn) -> Any:
    return client.post(reverse("admin:end_sign_in", args=[sign_in.pk]))


def end_all(client: Client, person: User) -> Any:
    return client.post(reverse("admin:end_sign_ins", args=[person.pk]))


def newest() -> SignIn:
    return SignIn.objects.latest("pk")


def is_in(client: Client) -> bool:
    return client.get(MINE).status_code == 200


class TestOwn:
    def test_are_listed_with_device_address_and_use_and_this_one_is_marked(
        self, anna: User
    ) -> None:
        here = enter()
        enter("203.0.113.9", EDGE)
        get_token("203.0.113.7")
        page = here.get(MINE)
        shown = [(one.device, one.address) for one in page.context["sign_ins"]]
        assert set(shown) == {
            ("Firefox, Windows", "192.0.2.1"),
            ("Edge, Windows", "203.0.113.9"),
            ("curl", "203.0.113.7"),
        }
        text = page.content.decode()
        assert text.count("(this session)") == text.count("(token of the API)") == 1
        assert text.count("/end/?next=") == 3  # two of them, and all others

    def test_session_is_ended_with_an_event(self, anna: User) -> None:
        here, other = enter(), enter("203.0.113.9", EDGE)
        assert end(here, newest()).url == MINE
        assert (is_in(here), is_in(other)) == (True, False)
        row = AuditEvent.objects.latest("pk")
        assert (row.kind, row.history_user, row.address) == ("session ended", anna, "203.0.113.9")

    def test_token_is_ended(self, anna: User) -> None:
        here, token = enter(), get_token()
        end(here, newest())
        assert token.get("/dashbord/").status_code == 401
        assert AuditEvent.objects.latest("pk").kind == "token ended"

    def test_all_others_end_and_this_one_goes_on(self, anna: User) -> None:
        here, other, token = enter(), enter("203.0.113.9", EDGE), get_token()
        end_all(here, anna)
        assert (is_in(here), is_in(other)) == (True, False)
        assert token.get("/dashbord/").status_code == 401
        page = here.get(MINE)
        assert [one.pk for one in page.context["sign_ins"]] == [here.session["qc_sign_in"]]
        assert "End all others" not in page.content.decode()

    def test_this_one_is_ended_by_signing_out_only(self, anna: User) -> None:
        here = enter()
        end(here, newest())
        assert is_in(here)

    def test_empty_list_says_so(self, anna: User, sign_in_client: Any) -> None:
        client = sign_in_client(anna)
        SignIn.objects.all().delete()
        assert "None is open now." in client.get(MINE).content.decode()

    def test_what_has_expired_is_not_listed(self, anna: User) -> None:
        here = enter()
        enter("203.0.113.9", EDGE)
        Session.objects.filter(pk=newest().session_key).update(expire_date="2020-01-01T00:00Z")
        assert len(here.get(MINE).context["sign_ins"]) == 1


class TestOfOthers:
    def test_manager_sees_and_ends_them(self, anna: User, mona_client: Client, mona: User) -> None:
        session, token = enter(), get_token()
        page = mona_client.get(change(anna)).content.decode()
        assert "Firefox, Windows" in page
        assert "(this session)" not in page
        end(mona_client, newest())
        assert (is_in(session), token.get("/dashbord/").status_code) == (True, 401)
        end_all(mona_client, anna)
        assert not is_in(session)
        row = AuditEvent.objects.latest("pk")
        assert (row.kind, row.name, row.history_user) == ("access ended", "anna", mona)

    def test_list_of_somebody_signed_out_says_so(self, anna: User, mona_client: Client) -> None:
        assert "None is open now." in mona_client.get(change(anna)).content.decode()

    def test_superuser_s_are_not_a_manager_s(self, root: User, mona_client: Client) -> None:
        theirs = Client()
        theirs.force_login(root)
        assert "Sessions and tokens" not in mona_client.get(change(root)).content.decode()
        assert end(mona_client, newest()).status_code == 404
        assert end_all(mona_client, root).status_code == 404
        assert is_in(theirs)

    @pytest.mark.parametrize("name", ["ben", "otto"])
    def test_nobody_else_sees_or_ends_them(
        self, anna: User, name: str, request: pytest.FixtureRequest
    ) -> None:
        session, its = enter(), newest()
        other = Client()
        other.force_login(request.getfixturevalue(name))
        assert "Firefox, Windows" not in other.get(change(anna)).content.decode()
        assert end(other, its).status_code == 404
        assert end(other, SignIn(pk=its.pk + 1000)).status_code == 404
        assert end_all(other, anna).status_code == 404
        assert is_in(session)

    def test_a_link_or_a_foreign_page_ends_nothing(self, anna: User) -> None:
        session, its = enter(), newest()
        strict = Client(enforce_csrf_checks=True)
        strict.cookies = session.cookies
        assert end(strict, its).status_code == 403
        assert session.get(reverse("admin:end_sign_in", args=[its.pk])).status_code == 405
        assert is_in(session)


def test_list_is_found_without_a_look_at_other_people_s(
    anna: User, ben: User, django_assert_max_num_queries: Any
) -> None:
    here = enter()
    here.get(MINE)
    SignIn.objects.bulk_create(SignIn(person=ben, session_key=f"x{n}") for n in range(500))
    with django_assert_max_num_queries(7):
        here.get(MINE)
    plan = SignIn.objects.filter(person=anna).valid().explain()
    assert "SCAN qc_signin" not in plan
