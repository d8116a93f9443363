"""The people pages: accounts, roles, queues, capacity, and who may change whom."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Role, Task, User
from qc.work import actions
from tests.admin.conftest import act, change, signed_in, typed

CONFIRMED = {"_form_submitted": "True"}


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def save(client: Client, person: User, **changed: Any) -> Any:
    form = typed(client, change(person)) | changed
    answer = client.post(change(person), {k: v for k, v in form.items() if v is not None})
    person.refresh_from_db()
    return answer


def test_saving_without_a_change_writes_no_history_row(mona_client: Client, anna: User) -> None:
    before = (anna.history.count(), Queue.history.count())
    assert save(mona_client, anna).status_code == 302
    assert (anna.history.count(), Queue.history.count()) == before
    assert anna.check_password("demo")


def test_edit_of_all_fields_writes_one_history_row_of_the_person(
    root_client: Client, root: User, anna: User, invoices: Queue, labels: Queue
) -> None:
    before = {queue: queue.history.count() for queue in (invoices, labels)}
    save(
        root_client,
        anna,
        first_name="Anna",
        capacity=3,
        roles=[role("QC staff"), role("Auditors")],
        queues=[labels.pk],
    )
    assert set(anna.queues.all()) == {labels}
    assert anna.groups.count() == 2
    row = anna.history.first()
    assert anna.history.count() == 2
    assert (row.first_name, row.capacity, row.history_user) == ("Anna", 3, root)
    assert row.history_change_reason == (
        "Roles: QC staff → Auditors, QC staff; Queues: Invoices → Labels"
    )
    for queue, rows in before.items():
        assert queue.history.count() == rows + 1
        assert queue.history.first().history_user == root
    assert list(invariants.broken()) == []


def test_change_of_roles_alone_writes_a_history_row(root_client: Client, anna: User) -> None:
    save(root_client, anna, roles=[role("Managers")])
    assert anna.history.count() == 2
    assert anna.history.first().history_change_reason == "Roles: QC staff → Managers"


def test_edit_keeps_a_presence_that_has_changed_meanwhile(mona_client: Client, anna: User) -> None:
    form = typed(mona_client, change(anna))
    signed_in(anna)
    mona_client.post(change(anna), form | {"first_name": "Anna"})
    anna.refresh_from_db()
    assert anna.is_logged_in
    assert anna.first_name == "Anna"
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("way", ["capacity", "queues"])
def test_person_with_more_capacity_or_queues_gets_work_at_once(
    mona_client: Client,
    anna: User,
    invoices: Queue,
    labels: Queue,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
    way: str,
) -> None:
    signed_in(anna)
    if way == "capacity":
        add_task(invoices)
        actions.hand_out_to(anna.pk)
    add_task(invoices if way == "capacity" else labels)
    changed = {"capacity": 2} if way == "capacity" else {"queues": [invoices.pk, labels.pk]}
    with django_capture_on_commit_callbacks(execute=True):
        save(mona_client, anna, **changed)
    assert not Task.objects.waiting().exists()


def test_capacity_below_the_tasks_held_is_refused(
    mona_client: Client, anna: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    save(mona_client, anna, capacity=2)
    add_task(invoices), add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    answer = save(mona_client, anna, capacity=1)
    assert "anna has 2 tasks now: take some back first." in answer.content.decode()
    assert anna.capacity == 2


def test_deactivating_a_person_returns_their_tasks(
    mona_client: Client,
    anna: User,
    ben: User,
    invoices: Queue,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    task = add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    signed_in(ben)
    with django_capture_on_commit_callbacks(execute=True):
        save(mona_client, anna, is_active=None)
    task.refresh_from_db()
    assert (anna.is_active, anna.is_logged_in, task.assignee) == (False, False, ben)
    row = task.history.get(kind="returned")
    assert (row.history_change_reason, row.person) == ("deactivated", anna)
    assert list(invariants.broken()) == []


def test_manager_can_t_edit_a_superuser(mona_client: Client, root: User) -> None:
    before = User.objects.values().get(pk=root.pk)
    assert b'name="_save"' not in mona_client.get(change(root)).content
    assert mona_client.post(change(root), {"username": "mine"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    new = {"password1": "correct horse 7", "password2": "correct horse 7"}
    assert mona_client.get(password).status_code == 403
    assert mona_client.post(password, new).status_code == 403
    assert User.objects.values().get(pk=root.pk) == before


def test_superuser_can_make_another_one(root_client: Client, anna: User) -> None:
    save(root_client, anna, is_superuser="on")
    assert anna.is_superuser
    assert anna.history.first().is_superuser


def test_person_can_t_be_deleted(root: User, anna: User, sign_in_client: Any) -> None:
    client = sign_in_client(root)
    assert (
        client.post(reverse("admin:qc_user_delete", args=[anna.pk]), {"post": "yes"}).status_code
        == 403
    )
    chosen = {"action": "delete_selected", "_selected_action": [anna.pk], "post": "yes"}
    client.post(reverse("admin:qc_user_changelist"), chosen)
    assert User.objects.filter(pk=anna.pk).exists()


def test_manager_puts_people_on_break_ends_it_and_signs_them_out(
    mona_client: Client, mona: User, anna: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    signed_in(anna)

    def do(action: str, **answers: Any) -> Any:
        mona_client.post(act(anna, action), CONFIRMED | answers)
        anna.refresh_from_db()
        return anna.history.first()

    row = do("take_break", reason="fire drill")
    assert (anna.break_reason, row.kind, row.history_user) == ("fire drill", "went on break", mona)
    task = add_task(invoices)
    assert do("come_back").kind == "came back"
    task.refresh_from_db()
    assert task.assignee == anna
    row = do("sign_out", reason="went home")
    assert (anna.is_logged_in, row.history_change_reason) == (False, "went home")
    assert anna.history.count() == 5


def test_signed_out_person_can_t_be_put_on_break(mona_client: Client, anna: User) -> None:
    answer = mona_client.post(act(anna, "take_break"), CONFIRMED | {"reason": "x"})
    assert "anna is not signed in" in answer.content.decode()
    answer = mona_client.post(act(anna, "come_back"), CONFIRMED)
    assert "anna is not signed in" in answer.content.decode()


def test_the_sign_out_dialog_names_the_person(mona_client: Client, anna: User) -> None:
    signed_in(anna)
    dialog = mona_client.get(act(anna, "sign_out")).content.decode()
    assert "anna" in dialog
    assert "Their tasks return to the queue." in dialog
    again = mona_client.post(act(anna, "sign_out"), CONFIRMED | {"reason": " "})
    assert "anna" in again.content.decode()
    anna.refresh_from_db()
    assert anna.is_logged_in


@pytest.mark.parametrize("action", ["sign_out", "take_break", "come_back"])
def test_only_a_manager_changes_a_presence_and_only_by_post(
    mona_client: Client, otto: User, anna: User, ben: User, sign_in_client: Any, action: str
) -> None:
    signed_in(ben)
    others = [sign_in_client(user) for user in (otto, anna)]
    before = User.history.count()
    answers = CONFIRMED | {"reason": "x"}
    assert mona_client.get(act(ben, action), answers).status_code == 200
    for client in others:
        assert client.post(act(ben, action), answers).status_code == 403
    assert Client().post(act(ben, action), answers).status_code == 302
    assert User.history.count() == before


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        # Mona gets no tasks, and so is not free for any.
        ("free", {"ben"}),
        ("break", {"anna"}),
        ("in", {"anna", "ben", "mona"}),
        ("out", {"carla"}),
    ],
)
def test_presence_filter_finds_its_people(
    mona_client: Client, anna: User, ben: User, carla: User, kind: str, names: set[str]
) -> None:
    signed_in(anna, ben)
    actions.take_break(anna.pk, by=anna, reason="lunch")
    page = mona_client.get(reverse("admin:qc_user_changelist"), {"presence": kind})
    assert {person.username for person in page.context["cl"].result_list} == names


def test_role_filter_finds_its_people(mona_client: Client, anna: User) -> None:
    page = mona_client.get(reverse("admin:qc_user_changelist"), {"role": Role.QC_STAFF})
    assert [person.username for person in page.context["cl"].result_list] == ["anna"]


def test_day_of_a_person_says_its_zone(mona_client: Client, anna: User) -> None:
    actions.sign_in(anna.pk)
    page = mona_client.get(f"/admin/qc/user/{anna.pk}/change/").content.decode()
    assert "Times are in your time zone, UTC" in page
