"""The trail names people as they were called then, with the name that they have today beside it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qc import history
from qc.audit import trail
from qc.audit.query import TrailQuery
from qc.audit.sentences import plain_sentence
from qc.exports.trail import COLUMNS
from qc.models import ChangeKind, Queue, Task, User
from qc.work import actions, presence
from tests.audit.leavers import anonymise
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def rename(one: User, name: str) -> None:
    one.refresh_from_db()
    one.username = name
    history.save(one, kind="", by=None, fields=["username"])


def rows_of(kind: str) -> list[Any]:
    return trail.page(TrailQuery(kind=kind), 50).rows


@pytest.fixture
def swapped(
    anna: User, ben: User, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    """Mona gave a task to Anna; since then Anna and Ben have swapped their names."""
    presence.sign_in(anna.pk)
    actions.assign(add_task(invoices).pk, anna.pk, by=mona, reason="now")
    rename(mona, "mona.m")
    rename(anna, "anna.a")
    rename(ben, "anna")
    rename(anna, "ben")


def test_sentence_has_the_names_of_its_time_and_todays(swapped: None) -> None:
    (row,) = rows_of(ChangeKind.ASSIGNED)
    assert plain_sentence(row).startswith("mona (now mona.m) assigned QD-0001 to anna (now ben)")
    (row,) = rows_of(ChangeKind.SIGNED_IN)
    assert plain_sentence(row) == "anna (now ben) signed in"


def test_file_has_both_names_in_columns_of_their_own(swapped: None) -> None:
    (row,) = rows_of(ChangeKind.ASSIGNED)
    names = {name: COLUMNS[name](row) for name in ("who", "who_now", "whom", "whom_now")}
    assert names == {"who": "mona", "who_now": "mona.m", "whom": "anna", "whom_now": "ben"}


def test_opened_row_says_who_it_was_then(swapped: None, otto: User) -> None:
    client = Client()
    client.force_login(otto)
    (row,) = rows_of(ChangeKind.ASSIGNED)
    page = client.get(f"/admin/trail/task/{row.pk}/").content.decode()
    assert "<dd>mona (now mona.m)</dd>" in page


def test_who_keeps_a_name_is_called_by_it_alone(anna: User) -> None:
    presence.sign_in(anna.pk)
    (row,) = rows_of(ChangeKind.SIGNED_IN)
    assert plain_sentence(row) == "anna signed in"


def test_pseudonym_is_all_that_is_left_of_the_names(anna: User) -> None:
    presence.sign_in(anna.pk)
    rename(anna, "lundqvist")
    actions.sign_out(anna.pk, by=None, reason="left")
    User.objects.filter(pk=anna.pk).update(is_active=False)
    anonymise(anna)
    (row,) = rows_of(ChangeKind.SIGNED_IN)
    assert plain_sentence(row) == f"leaver-{anna.pk} signed in"


def test_names_cost_one_query_however_many_people_there_are(
    django_assert_num_queries: Any, anna: User, ben: User
) -> None:
    presence.sign_in(anna.pk)
    with CaptureQueriesContext(connection) as few:
        assert len(rows_of(ChangeKind.SIGNED_IN)) == 1
    for one in (ben, *(person(f"p{number}", "QC staff") for number in range(5))):
        presence.sign_in(one.pk)
    with django_assert_num_queries(len(few)):
        assert len(rows_of(ChangeKind.SIGNED_IN)) == 7
