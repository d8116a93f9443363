"""Two people change the same field: the later one is told, keeps their entry, and may overwrite."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from qc.models import Queue, Role, Task, User
from qc.work import actions
from tests.admin.conftest import FormReader, change, signed_in, typed
from tests.conftest import group

pytestmark = pytest.mark.django_db


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def resend(client: Client, item: Any, answer: Any, **entered: Any) -> Any:
    """Save again what an answer shows."""
    reader = FormReader(f"{item._meta.model_name}_form")
    reader.feed(answer.content.decode())
    return client.post(change(item), reader.sent | {"_save": "Save"} | entered)


def test_field_changed_by_two_shows_both_values_and_is_saved_the_second_time(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"priority": 1, "name": "Mine"}
    Task.objects.filter(pk=task.pk).update(priority=2)
    answer = mona_client.post(change(task), form)
    assert "Now it is P2 high; you entered P1 urgent. Save again to overwrite." in page(answer)
    task.refresh_from_db()
    assert (task.priority, task.name) == (2, "Check 1")
    assert resend(mona_client, task, answer).status_code == 302
    task.refresh_from_db()
    assert (task.priority, task.name) == (1, "Mine")


def test_another_change_after_the_warning_is_warned_of_again(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"name": "Mine"}
    Task.objects.filter(pk=task.pk).update(name="Theirs")
    answer = mona_client.post(change(task), form)
    Task.objects.filter(pk=task.pk).update(name="Theirs again")
    assert "Now it is Theirs again; you entered Mine." in page(resend(mona_client, task, answer))


def test_the_same_entry_by_two_is_no_conflict(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"priority": 1, "name": "Mine"}
    Task.objects.filter(pk=task.pk).update(priority=1)
    assert mona_client.post(change(task), form).status_code == 302


def test_field_that_only_others_changed_is_kept(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"name": "Mine"}
    Task.objects.filter(pk=task.pk).update(priority=1)
    assert mona_client.post(change(task), form).status_code == 302
    task.refresh_from_db()
    assert (task.priority, task.name) == (1, "Mine")


def test_time_is_shown_in_the_readers_zone(
    mona: User, mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    User.objects.filter(pk=mona.pk).update(time_zone="Asia/Kolkata")
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"due_at_0": "2030-01-02", "due_at_1": "12:00"}
    due = timezone.now().replace(2030, 1, 1, 0, 30, 0, 0)
    Task.objects.filter(pk=task.pk).update(due_at=due)
    answer = page(mona_client.post(change(task), form))
    assert "Now it is 2030-01-01 06:00; you entered 2030-01-02 12:00." in answer


def test_sets_are_shown_by_names_and_durations_in_words(
    mona_client: Client, invoices: Queue, anna: User, ben: User, carla: User
) -> None:
    form = typed(mona_client, change(invoices))
    form |= {"people": [anna.pk, ben.pk, carla.pk], "target_0": "2", "target_1": "hours"}
    invoices.people.remove(ben)
    Queue.objects.filter(pk=invoices.pk).update(target=timedelta(minutes=90))
    answer = mona_client.post(change(invoices), form)
    assert "Now it is anna; you entered anna, ben, carla." in page(answer)
    assert "Now it is 90 minutes; you entered 2 hours." in page(answer)
    assert resend(mona_client, invoices, answer).status_code == 302
    assert set(invoices.people.all()) == {anna, ben, carla}


def test_roles_changed_by_two_are_shown_as_people_call_them(
    root_client: Client, anna: User
) -> None:
    form = typed(root_client, change(anna)) | {"roles": [], "capacity": 3}
    anna.groups.add(group(Role.MANAGERS))
    answer = root_client.post(change(anna), form)
    assert "Now it is Managers, QC staff; you entered –." in page(answer)
    anna.refresh_from_db()
    assert anna.capacity == 1
    assert resend(root_client, anna, answer).status_code == 302
    anna.refresh_from_db()
    assert (anna.capacity, list(anna.groups.all())) == (3, [])


def test_capacity_raised_by_another_is_not_refused_to_who_left_it_alone(
    mona_client: Client, anna: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    form = typed(mona_client, change(anna)) | {"first_name": "Annabel"}
    User.objects.filter(pk=anna.pk).update(capacity=2)
    signed_in(anna)
    for task in (add_task(invoices), add_task(invoices)):
        actions.assign(task.pk, anna.pk, by=User.objects.get(username="mona"), reason="now")
    assert mona_client.post(change(anna), form).status_code == 302
    anna.refresh_from_db()
    assert (anna.first_name, anna.capacity) == ("Annabel", 2)


def test_queue_that_was_closed_meanwhile_does_not_stop_who_left_the_queues_alone(
    mona_client: Client, anna: User, labels: Queue
) -> None:
    labels.people.add(anna)
    form = typed(mona_client, change(anna)) | {"first_name": "Annabel"}
    Queue.objects.filter(pk=labels.pk).update(is_closed=True)
    assert mona_client.post(change(anna), form).status_code == 302
    anna.refresh_from_db()
    assert anna.first_name == "Annabel"
    assert labels in anna.queues.all()


def test_form_shown_again_has_the_stored_values_where_its_user_changed_nothing(
    mona_client: Client, invoices: Queue, labels: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"name": "Mine"}
    due = timezone.now().replace(2030, 1, 1, 12, 30, 0, 0)
    theirs = {"priority": 1, "queue": labels, "due_at": due, "instructions": "Look."}
    Task.objects.filter(pk=task.pk).update(name="Theirs", details={"Part": "A"}, **theirs)
    answer = mona_client.post(change(task), form)
    reader = FormReader("task_form")
    reader.feed(answer.content.decode())
    assert (reader.sent["priority"], reader.sent["queue"]) == (["1"], [str(labels.pk)])
    assert reader.sent["due_at_0"] == ["2030-01-01"]
    assert (reader.sent["instructions"], reader.sent["name"]) == ("Look.", ["Mine"])
    assert (reader.sent["details-0-name"], reader.sent["details-0-value"]) == (["Part"], "A")
    assert resend(mona_client, task, answer).status_code == 302
    saved = Task.objects.values("name", *theirs).get(pk=task.pk)
    assert saved == theirs | {"name": "Mine", "queue": labels.pk}


def test_set_and_duration_shown_again_are_the_stored_ones_where_left_alone(
    mona_client: Client, invoices: Queue, anna: User, ben: User
) -> None:
    form = typed(mona_client, change(invoices)) | {"description": "Mine"}
    invoices.people.remove(ben)
    theirs = {"description": "Theirs", "target": timedelta(minutes=90), "scan_to_start": True}
    Queue.objects.filter(pk=invoices.pk).update(**theirs)
    answer = mona_client.post(change(invoices), form)
    assert resend(mona_client, invoices, answer).status_code == 302
    invoices.refresh_from_db()
    assert (invoices.description, invoices.target) == ("Mine", timedelta(minutes=90))
    assert (invoices.scan_to_start, set(invoices.people.all())) == (True, {anna})


def test_intro_says_that_somebody_else_has_changed_the_same(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    task = add_task(invoices)
    form = typed(mona_client, change(task)) | {"name": "Mine"}
    missing = page(mona_client.post(change(task), form | {"name": ""}))
    assert "Please correct the error" in missing
    Task.objects.filter(pk=task.pk).update(name="Theirs")
    answer = page(mona_client.post(change(task), form))
    assert "Nothing is saved yet: somebody else has changed the same meanwhile." in answer
    assert "Please correct the error" not in answer


def test_lines_of_a_list_are_told_apart(mona_client: Client, invoices: Queue) -> None:
    form = typed(mona_client, change(invoices)) | {"hand_back_reasons": "Torn\r\n\r\nNo photo"}
    Queue.objects.filter(pk=invoices.pk).update(hand_back_reasons="Damaged\nNo light")
    answer = page(mona_client.post(change(invoices), form))
    assert "Now it is Damaged; No light; you entered Torn; No photo." in answer
