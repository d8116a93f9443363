"""The queue pages: edits with one history row, people, pause, deletion, targets."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import actions, edits, queue_changes
from tests.admin.conftest import act, change, signed_in, typed

CONFIRMED = {"_form_submitted": "True"}


def save(client: Client, queue: Queue, **changed: Any) -> Any:
    answer = client.post(change(queue), typed(client, change(queue)) | changed)
    queue.refresh_from_db()
    return answer


def target(number: object, unit: str) -> dict[str, str]:
    """Return what the two boxes of the target send."""
    return {"target_0": str(number), "target_1": unit}


def members(row: Any) -> set[str]:
    return {member.user.username for member in row.people.all()}


def test_adding_a_queue_writes_one_history_row_with_its_people(
    mona_client: Client, mona: User, anna: User, ben: User
) -> None:
    silence = {"silent_after_0": "2", "silent_after_1": "hours"}
    new = {"name": "Returns", **target(2, "hours"), **silence, "people": [anna.pk, ben.pk]}
    new |= {"reinspected_by": "any"}
    assert mona_client.post(reverse("admin:qc_queue_add"), new).status_code == 302
    queue = Queue.objects.get(name="Returns")
    row = queue.history.get()
    assert (row.history_type, row.history_user, row.through) == ("+", mona, "page")
    assert members(row) == {"anna", "ben"}
    assert queue.target == timedelta(hours=2)


@pytest.mark.parametrize("name", ["Labels", "LABELS", " la  bels", "Labels "])
@pytest.mark.parametrize("state", ["open", "closed", "merged"])
def test_name_of_another_queue_is_refused_whatever_its_capitals_and_blanks(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue, name: str, state: str
) -> None:
    Queue.objects.filter(pk=labels.pk).update(name="La bels" if "  " in name else "Labels")
    if state == "closed":
        queue_changes.close(labels.pk, by=mona, reason="season over")
    if state == "merged":
        queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    labels.refresh_from_db()
    shown = labels.name if state == "open" else f"{labels.name} (closed)"
    answer = save(mona_client, invoices, name=name)
    assert f"There is already a queue {shown}." in answer.content.decode()
    assert invoices.name == "Invoices"


def test_queue_can_change_the_capitals_of_its_own_name(
    mona_client: Client, invoices: Queue
) -> None:
    save(mona_client, invoices, name="INVOICES")
    assert invoices.name == "INVOICES"


@pytest.mark.parametrize(
    "changed",
    [{"name": "Bills"}, {"people": "carla"}, {"name": "Bills", "people": "carla"}],
    ids=["column", "people", "both"],
)
def test_edit_writes_one_history_row_for_all_changes(
    mona_client: Client, mona: User, invoices: Queue, anna: User, carla: User, changed: Any
) -> None:
    before = invoices.history.count()
    if "people" in changed:
        changed = changed | {"people": [carla.pk]}
    save(mona_client, invoices, **changed)
    row = invoices.history.first()
    assert invoices.history.count() == before + 1
    assert (row.history_type, row.history_user) == ("~", mona)
    assert members(row) == ({"carla"} if "people" in changed else {"anna"})
    assert row.name == changed.get("name", "Invoices")
    assert list(invariants.broken()) == []


def test_saving_without_a_change_writes_no_history_row(
    mona_client: Client, invoices: Queue, anna: User
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(description="One\ntwo\n")
    before = invoices.history.count()
    assert save(mona_client, invoices).status_code == 302
    assert invoices.history.count() == before


@pytest.mark.parametrize("way", ["people", "open_to_all"])
def test_people_added_to_a_queue_get_work_at_once(
    mona_client: Client,
    invoices: Queue,
    carla: User,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
    way: str,
) -> None:
    task = add_task(invoices)
    signed_in(carla)
    changed = {"people": [carla.pk]} if way == "people" else {"open_to_all": "on"}
    with django_capture_on_commit_callbacks(execute=True):
        save(mona_client, invoices, **changed)
    task.refresh_from_db()
    assert task.assignee == carla


def test_pause_and_resume_write_one_history_row_each(
    mona_client: Client, mona: User, invoices: Queue, anna: User, add_task: Any
) -> None:
    mona_client.post(act(invoices, "pause"), CONFIRMED | {"reason": "stocktaking"})
    row = invoices.history.first()
    assert (row.is_paused, row.kind, row.history_change_reason) == (True, "paused", "stocktaking")
    assert members(row) == {"anna"}
    task = add_task(invoices)
    signed_in(anna)
    mona_client.post(act(invoices, "unpause"), CONFIRMED)
    task.refresh_from_db()
    assert task.assignee == anna
    assert list(invoices.history.values_list("kind", flat=True)[:2]) == ["unpaused", "paused"]


def test_pause_without_a_reason_is_refused(mona_client: Client, invoices: Queue) -> None:
    mona_client.post(act(invoices, "pause"), CONFIRMED | {"reason": " "})
    invoices.refresh_from_db()
    assert not invoices.is_paused


def test_form_can_t_pause_a_queue(mona_client: Client, invoices: Queue) -> None:
    save(mona_client, invoices, is_paused="on", name="Bills")
    assert (invoices.name, invoices.is_paused) == ("Bills", False)


@pytest.mark.parametrize("action", ["pause", "unpause"])
def test_only_a_manager_pauses_a_queue_and_only_by_post(
    mona_client: Client,
    otto: User,
    anna: User,
    invoices: Queue,
    sign_in_client: Any,
    action: str,
) -> None:
    others = [sign_in_client(user) for user in (otto, anna)]
    before = Queue.history.count()
    answers = CONFIRMED | {"reason": "x"}
    assert mona_client.get(act(invoices, action), answers).status_code == 200
    for client in others:
        assert client.post(act(invoices, action), answers).status_code == 403
    assert Client().post(act(invoices, action), answers).status_code == 302
    assert Queue.history.count() == before


def test_queue_with_tasks_can_t_be_deleted(
    mona_client: Client, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    add_task(invoices)
    delete = reverse("admin:qc_queue_delete", args=[invoices.pk])
    answer = mona_client.post(delete, {"post": "yes"}, follow=True)
    assert "Invoices has one task, so it can&#x27;t be deleted" in answer.content.decode()
    assert Queue.objects.filter(pk=invoices.pk).exists()


def refusal(client: Client, queue: Queue) -> str:
    """Return what a manager reads who deletes a queue that must be kept."""
    delete = reverse("admin:qc_queue_delete", args=[queue.pk])
    assert delete not in client.get(change(queue)).content.decode()
    answer = client.post(delete, {"post": "yes"}, follow=True)
    assert Queue.objects.filter(pk=queue.pk).exists()
    (message,) = answer.context["messages"]
    return str(message)


def test_queue_whose_tasks_were_moved_away_can_t_be_deleted(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue, add_task: Any
) -> None:
    edits.move(add_task(labels).pk, invoices.pk, by=mona, reason="wrong pile")
    expected = "Labels had tasks, so it can't be deleted. Close it instead."
    assert refusal(mona_client, labels) == expected


def test_closed_or_merged_queue_can_t_be_deleted(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    returns = Queue.objects.create(name="Returns")
    queue_changes.close(returns.pk, by=mona, reason="season over")
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    for queue in Queue.objects.filter(is_closed=True):
        assert refusal(mona_client, queue) == f"{queue} is closed, so it can't be deleted."
    expected = "Labels was merged into Invoices, so it can't be deleted. Close it instead."
    assert refusal(mona_client, invoices) == expected


def test_page_of_a_queue_that_never_had_a_task_offers_to_delete_it(
    mona_client: Client, invoices: Queue
) -> None:
    page = mona_client.get(change(invoices)).content.decode()
    assert reverse("admin:qc_queue_delete", args=[invoices.pk]) in page


def test_deleting_an_empty_queue_writes_one_history_row(
    mona_client: Client, mona: User, invoices: Queue, anna: User
) -> None:
    before = Queue.history.filter(id=invoices.pk).count()
    delete = reverse("admin:qc_queue_delete", args=[invoices.pk])
    assert mona_client.get(delete).status_code == 200
    mona_client.post(delete, {"post": "yes"})
    assert not Queue.objects.filter(pk=invoices.pk).exists()
    rows = Queue.history.filter(id=invoices.pk)
    assert rows.count() == before + 1
    assert (rows.first().history_type, rows.first().history_user) == ("-", mona)


def test_list_counts_waiting_and_assigned_tasks(
    mona_client: Client, invoices: Queue, anna: User, add_task: Callable[..., Task]
) -> None:
    for _ in range(3):
        add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    page = mona_client.get(reverse("admin:qc_queue_changelist"))
    queue = page.context["cl"].result_list[0]
    assert (queue.waiting_now, queue.in_work_now, queue.people_on_it) == (2, 1, 1)


@pytest.mark.parametrize(
    ("stored", "shown", "words"),
    [
        (timedelta(hours=4), ("4", "hours"), "4 hours"),
        (timedelta(days=1), ("1", "days"), "1 day"),
        (timedelta(hours=36), ("36", "hours"), "36 hours"),
        (timedelta(minutes=90), ("90", "minutes"), "90 minutes"),
        (timedelta(seconds=90), ("1.5", "minutes"), "1.5 minutes"),
    ],
)
def test_target_is_shown_as_a_number_and_a_unit(
    mona_client: Client,
    otto_client: Client,
    invoices: Queue,
    stored: timedelta,
    shown: tuple[str, str],
    words: str,
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(target=stored)
    sent = typed(mona_client, change(invoices))
    assert (sent["target_0"], sent["target_1"]) == ([shown[0]], [shown[1]])
    assert words in otto_client.get(change(invoices)).content.decode()
    assert words in mona_client.get(reverse("admin:qc_queue_changelist")).content.decode()


def test_target_label_belongs_to_the_number_and_the_unit_has_a_name(
    mona_client: Client, invoices: Queue
) -> None:
    page = mona_client.get(change(invoices)).content.decode()
    assert 'for="id_target_0"' in page
    assert 'aria-label="Unit"' in page


@pytest.mark.parametrize(
    ("number", "unit", "expected"),
    [
        (45, "minutes", timedelta(minutes=45)),
        (4, "hours", timedelta(hours=4)),
        (2, "days", timedelta(days=2)),
        (1.5, "hours", timedelta(minutes=90)),
    ],
)
def test_new_target_is_saved_with_one_history_row(
    mona_client: Client, invoices: Queue, number: float, unit: str, expected: timedelta
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(target=timedelta(hours=7))
    before = invoices.history.count()
    assert save(mona_client, invoices, **target(number, unit)).status_code == 302
    assert invoices.target == expected
    assert invoices.history.count() == before + 1


@pytest.mark.parametrize(
    "stored",
    [
        timedelta(seconds=61, microseconds=234567),
        timedelta(days=2000),
        timedelta(days=1, seconds=1),
        timedelta(hours=5),
    ],
)
def test_unchanged_target_stays_exactly_as_it_is(
    mona_client: Client, invoices: Queue, stored: timedelta
) -> None:
    Queue.objects.filter(pk=invoices.pk).update(target=stored)
    assert save(mona_client, invoices, name="Bills").status_code == 302
    assert (invoices.name, invoices.target) == ("Bills", stored)
    assert invoices.history.first().target == stored


@pytest.mark.parametrize(
    ("number", "unit"),
    [
        (0, "hours"),
        (-1, "hours"),
        (0.5, "minutes"),
        (1.01, "minutes"),
        (1001, "days"),
        ("1e999", "days"),
        ("nan", "hours"),
        ("soon", "hours"),
        ("4:00", "minutes"),
        (4, "fortnights"),
        (4, ""),
    ],
)
def test_target_that_is_not_allowed_is_refused_with_what_is_allowed(
    mona_client: Client, invoices: Queue, number: object, unit: str
) -> None:
    before = invoices.target
    answer = save(mona_client, invoices, **target(number, unit))
    assert "Enter a time from 1 minute to 1,000 days" in answer.content.decode()
    assert invoices.target == before


def test_target_is_required(mona_client: Client, invoices: Queue) -> None:
    answer = save(mona_client, invoices, **target("", "hours"))
    assert "This field is required." in answer.content.decode()


def test_what_a_check_names_and_counts_is_edited_with_one_history_row(
    mona_client: Client, invoices: Queue, labels: Queue
) -> None:
    before = invoices.history.count()
    save(
        mona_client,
        invoices,
        needs_defects="on",
        counts_quantities="on",
        rework_queue=str(labels.pk),
        reinspected_by="other",
        keep_files_for_0="90",
        keep_files_for_1="days",
    )
    assert (invoices.needs_defects, invoices.counts_quantities) == (True, True)
    assert (invoices.rework_queue, invoices.reinspected_by) == (labels, "other")
    assert invoices.keep_files_for == timedelta(days=90)
    assert invoices.history.count() == before + 1
    page = mona_client.get(reverse("admin:qc_queue_history", args=[invoices.pk])).content.decode()
    for words in ("Defects are named", "Rework goes to", "somebody else", "Keep files for"):
        assert words in page
