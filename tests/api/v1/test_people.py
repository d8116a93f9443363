"""/api/v1/people/: accounts, for those who may see them."""

from typing import Any

import pytest

from qc.models import Queue, User
from tests.api.v1.clients import costs_the_same, get, names
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def test_auditor_lists_accounts_without_their_mail(otto: User, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(email="anna@example.com")
    one = next(one for one in get(otto, "people/")["results"] if one["username"] == "anna")
    assert (one["roles"], one["queues"]) == (["QC staff"], ["Invoices"])
    assert (one["open_tasks"], one["capacity"], one["is_free"]) == (0, 1, False)
    assert "email" not in one
    assert "anna@example.com" not in str(one)
    assert get(otto, f"people/{anna.pk}/")["email"] == "anna@example.com"


def test_staff_see_their_own_account_and_nobody_elses(anna: User, ben: User, mona: User) -> None:
    User.objects.filter(pk=anna.pk).update(email="anna@example.com")
    assert get(anna, f"people/{anna.pk}/")["email"] == "anna@example.com"
    assert get(anna, f"people/{ben.pk}/", 404)["detail"] == f"There is no person {ben.pk}."
    assert get(anna, "people/99999/", 404)["detail"] == "There is no person 99999."
    refusal = get(anna, "people/", 403)
    assert refusal["detail"] == "Only a manager or an auditor may read this."


def test_filters_choose_among_people(
    mona: User, anna: User, carla: User, labels: Queue, otto: User
) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert names(get(mona, "people/", role="QC staff"), "username") == ["anna", "carla"]
    assert names(get(mona, "people/", queue=labels.pk), "username") == ["carla"]
    assert names(get(mona, "people/", active="false"), "username") == ["anna"]
    assert get(mona, "people/", logged_in="true")["results"] == []


@pytest.mark.parametrize(("name", "value"), [("role", "Bosses"), ("queue", "x"), ("limit", "0")])
def test_wrong_filter_is_named(otto: User, name: str, value: str) -> None:
    assert list(get(otto, "people/", 400, **{name: value})["errors"]) == [name]


def test_list_costs_the_same_for_many(otto: User, anna: User, invoices: Queue) -> None:
    def more() -> None:
        for n in range(5):
            invoices.people.add(person(f"p{n}", "QC staff"))

    def act() -> Any:
        return get(otto, "people/")

    assert costs_the_same(act, more)
