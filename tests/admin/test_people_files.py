"""A list of people is imported by managers, all or nothing; who is new gets a link."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import AuditEvent, ChangeKind, EventKind, Queue, Role, Task, User
from qc.work import actions, memberships
from tests.admin.conftest import signed_in
from tests.admin.lists import CSV, XLSX, confirm, errors_of, export_list, import_list, prove, upload
from tests.conftest import person

pytestmark = pytest.mark.django_db

HEAD = "username,first_name,last_name,email,roles,queues,capacity,language,active\n"


@pytest.fixture
def mona_client(mona: User, sign_in_client: Any) -> Client:
    client: Client = sign_in_client(mona)
    prove(client)
    return client


@pytest.fixture
def root_client(root: User, sign_in_client: Any) -> Client:
    client: Client = sign_in_client(root)
    prove(client)
    return client


def links_in(answer: Any) -> list[str]:
    return re.findall(r"http://testserver(/admin/new-password/[^<]+)", answer.content.decode())


def test_preview_changes_nothing_and_its_confirmation_adds_people_with_links(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    text = f"{HEAD}dora,Dóra,Nagy,dora@example.com,,Invoices; Labels,2,Deutsch,\nemil,,,,,,,,\n"
    preview = upload(mona_client, "user", text)
    assert User.objects.filter(username="dora").count() == 0
    answer = confirm(mona_client, "user", preview)
    dora, emil = User.objects.filter(username__in=["dora", "emil"]).order_by("username")
    assert (dora.first_name, dora.email, dora.capacity) == ("Dóra", "dora@example.com", 2)
    assert (dora.language, dora.is_staff, dora.has_usable_password()) == ("de", True, False)
    assert set(dora.queues.all()) == {invoices, labels}
    assert [group.name for group in emil.groups.all()] == [Role.QC_STAFF]
    assert len(links_in(answer)) == 2
    made, linked = dora.history.order_by("pk")
    assert (made.history_type, made.history_user, made.through) == ("+", mona, "page")
    assert made.history_change_reason == (
        "Imported from list.csv; Roles: – → QC staff; Queues: – → Invoices; Labels"
    )
    assert (linked.kind, linked.history_user) == (ChangeKind.LINK_MADE, mona)
    # A row for each queue, however many people came to it.
    assert invoices.history.first().history_user == mona
    assert list(invariants.broken()) == []


def test_everybody_who_is_new_chooses_a_password_by_their_link(
    mona_client: Client, labels: Queue
) -> None:
    links = links_in(import_list(mona_client, "user", "username\ndora\nemil\n"))
    chosen = {"new_password1": "a long and new one", "new_password2": "a long and new one"}
    for link in links:
        visitor = Client()
        visitor.post(visitor.get(link).url, chosen)
    for name in ("dora", "EMIL"):
        sent = {"username": name, "password": "a long and new one"}
        assert Client().post(reverse("admin:login"), sent).status_code == 302


@pytest.mark.parametrize("kind", [CSV, XLSX])
@pytest.mark.parametrize("language", ["en", "de"])
def test_round_trip_changes_nothing(
    root_client: Client, sign_in_client: Any, anna: User, labels: Queue, kind: int, language: str
) -> None:
    labels.people.add(anna)
    User.objects.filter(pk=anna.pk).update(first_name="-", last_name="=1+1", language="de")
    person("nobody")
    person("gone", Role.QC_STAFF, is_active=False)
    other = person("otto", Role.AUDITORS, language=language)
    data = export_list(sign_in_client(other), "user", kind)
    before = (User.history.count(), Queue.history.count())
    answer = import_list(root_client, "user", data, kind)
    assert "Imported: 0 new, 0 changed, 5 the same." in answer.content.decode()
    assert (User.history.count(), Queue.history.count()) == before


def test_german_list_in_other_capitals_changes_who_is_there(
    mona_client: Client, mona: User, anna: User, invoices: Queue, labels: Queue
) -> None:
    text = "Benutzername;Vorname;Warteschlangen;Kapazität\nANNA;Änne;labels;3\n"
    import_list(mona_client, "user", text)
    anna.refresh_from_db()
    assert (anna.username, anna.first_name, anna.capacity) == ("anna", "Änne", 3)
    assert set(anna.queues.all()) == {labels}
    row = anna.history.first()
    assert anna.history.count() == 2
    assert (row.history_user, row.first_name) == (mona, "Änne")
    assert row.history_change_reason == "Imported from list.csv; Queues: Invoices → Labels"
    assert {queue.history.first().history_user for queue in (invoices, labels)} == {mona}


def test_empty_cell_leaves_what_is_there_and_a_dash_empties_it(
    mona_client: Client, anna: User, invoices: Queue
) -> None:
    User.objects.filter(pk=anna.pk).update(first_name="Anna", last_name="Berg", email="a@b.example")
    import_list(mona_client, "user", f"{HEAD}anna,,-,,,-,,,\n")
    anna.refresh_from_db()
    assert (anna.first_name, anna.last_name, anna.email) == ("Anna", "", "a@b.example")
    assert not anna.queues.exists()
    assert anna.groups.exists()


def test_columns_are_called_as_the_reader_calls_them(mona_client: Client, mona: User) -> None:
    User.objects.filter(pk=mona.pk).update(language="de")
    header = export_list(mona_client, "user").decode("utf-8-sig").splitlines()[0]
    assert header.split(",")[:4] == ["Benutzername", "Vorname", "Nachname", "E-Mail-Adresse"]
    assert "Warteschlangen" in header
    preview = upload(mona_client, "user", "Benutzername;Warteschlangen\ndora;Nirgends\n")
    assert list(errors_of(preview)) == [(2, "Warteschlangen")]


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("b c,,,,,,,,", "username", "Enter a valid username."),
        ("d\N{CYRILLIC SMALL LETTER A}n,,,,,,,,", "username", "All letters must be of one script"),
        ("dora,,,nowhere,,,,,", "email address", "Enter a valid email address."),
        ("dora,,,,Queens,,,,", "roles", "“Queens” is none of: QC staff, Managers, Auditors."),
        ("dora,,,,Managers,,,,", "roles", "Only a superuser may give or take other roles"),
        ("dora,,,,,Nowhere,,,", "queues", "There is no queue “Nowhere”."),
        ("dora,,,,,Old,,,", "queues", "Old is closed."),
        ("dora,,,,,,many,,", "capacity", "“many” is no whole number."),
        ("dora,,,,,,99,,", "capacity", "Ensure this value is less than or equal to 20."),
        ("dora,,,,,,,Klingon,", "language", "“Klingon” is none of: English, Deutsch."),
        ("dora,,,,,,,,perhaps", "active", "Write yes or no, not “perhaps”."),
        ("FIRST,,,,,,,,", "username", "Duplicate of row 2."),
        ("anna,,,,,,1,,", "capacity", "anna has 2 tasks now: take some back first."),
        ("otto,Otto,,,,,,,", "first name", "You may not edit this account."),
        ("mona,Mona,,,,,,,", "first name", "Change your own account on its page."),
    ],
)
def test_bad_cell_is_named_by_row_and_column_and_nothing_is_imported(
    mona_client: Client,
    anna: User,
    otto: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    row: str,
    column: str,
    sentence: str,
) -> None:
    Queue.objects.create(name="Old", is_closed=True)
    User.objects.filter(pk=anna.pk).update(capacity=2)
    add_task(invoices), add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    preview = upload(mona_client, "user", f"{HEAD}first,,,,,,,,\n\n{row}\n")
    [(place, text)] = errors_of(preview).items()
    assert place == (4, column)
    assert sentence in text
    assert sentence in preview.content.decode().replace("&#x27;", "'")
    assert not User.objects.filter(username="first").exists()


def test_superuser_gives_other_roles(root_client: Client, anna: User) -> None:
    import_list(root_client, "user", "username,roles\nrita,Auditors\nanna,QC staff; managers\n")
    assert [group.name for group in User.objects.get(username="rita").groups.all()] == ["Auditors"]
    assert anna.history.first().kind == ChangeKind.ROLES_CHANGED
    assert {group.name for group in anna.groups.all()} == {"QC staff", "Managers"}
    assert list(invariants.broken()) == []


def test_who_loses_a_queue_or_is_deactivated_gives_their_tasks_back(
    mona_client: Client,
    anna: User,
    ben: User,
    carla: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    tasks = [add_task(invoices), add_task(invoices)]
    signed_in(anna, ben, carla)
    actions.hand_out_to(anna.pk), actions.hand_out_to(ben.pk)
    with django_capture_on_commit_callbacks(execute=True):
        text = "username,queues,active\nanna,Labels,\nben,,no\ncarla,Invoices,\n"
        answer = import_list(mona_client, "user", text)
    assert "went back to their queues" in answer.content.decode()
    ben.refresh_from_db()
    assert (ben.is_active, ben.is_logged_in) == (False, False)
    assert {Task.objects.get(pk=one.pk).assignee for one in tasks} == {carla, None}
    assert list(invariants.broken()) == []


def test_nothing_is_imported_where_something_has_changed_since_the_preview(
    mona_client: Client, labels: Queue
) -> None:
    preview = upload(mona_client, "user", "username,queues\ndora,\nemil,Labels\n")
    labels.delete()
    answer = confirm(mona_client, "user", preview)
    assert "Nothing was imported" in answer.content.decode()
    assert not User.objects.filter(username="dora").exists()


@pytest.mark.django_db(transaction=True)
def test_list_that_lost_a_race_for_a_lock_is_imported_again(
    mona_client: Client, labels: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = upload(mona_client, "user", "username,queues\ndora,Labels\nemil,Labels\n")
    write, lost = memberships.write, iter([True])

    def lose_once(**wanted: Any) -> Any:
        if next(lost, False):
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return write(**wanted)

    monkeypatch.setattr(memberships, "write", lose_once)
    assert len(links_in(confirm(mona_client, "user", preview))) == 2
    assert labels.people.count() == 2
    assert User.history.filter(username="dora", history_type="+").count() == 1


def test_only_managers_import_and_only_after_a_proof(
    mona: User, otto_client: Client, anna: User, sign_in_client: Any
) -> None:
    page = reverse("admin:qc_user_import")
    client = sign_in_client(mona)
    session = client.session
    session["qc_proven_at"] = 0
    session.save()
    assert client.get(page).url.startswith(reverse("account_reauthenticate"))
    for other in (otto_client, sign_in_client(anna)):
        assert other.get(page).status_code == 403
        assert other.post(reverse("admin:qc_user_process_import")).status_code == 403


def test_export_is_in_the_audit_trail(otto_client: Client, otto: User, anna: User) -> None:
    assert b"anna" in export_list(otto_client, "user")
    event = AuditEvent.objects.get(kind=EventKind.EXPORTED)
    assert (event.history_user, event.details["rows"]) == (otto, 2)
    assert event.details["filters"] == {"list": "person"}


def test_thirty_people_take_few_statements_each(
    mona_client: Client, labels: Queue, django_assert_max_num_queries: Any
) -> None:
    rows = "".join(f"person{n},Labels\n" for n in range(30))
    preview = upload(mona_client, "user", f"username,queues\n{rows}")
    with django_assert_max_num_queries(30 * 25):
        answer = confirm(mona_client, "user", preview)
    assert len(links_in(answer)) == 30
    # One for its creation, one for all thirty.
    assert labels.history.count() == 2


@pytest.mark.parametrize("table", ["user", "queue"])
@pytest.mark.parametrize("filters", ["colour=blue", "is_active__exact=perhaps"])
def test_export_with_wrong_filters_goes_to_the_list_which_says_so(
    table: str, filters: str, otto_client: Client
) -> None:
    page = otto_client.get(f"{reverse(f'admin:qc_{table}_export')}?{filters}")
    assert (page.status_code, page.url) == (302, f"/admin/qc/{table}/?e=1")
