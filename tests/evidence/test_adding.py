"""A file arrives with its row and a sealed event, once, under a name that tells nothing."""

import hashlib
from collections.abc import Callable

import pytest
from django.db import transaction

from qc.audit.sentences import plain_sentence
from qc.checks import evidence
from qc.checks.evidence import storage
from qc.core.exceptions import InvalidTransition, NotAllowed, NotFound
from qc.history import names
from qc.models import AuditEvent, DefectCode, Evidence, Queue, Task, User
from qc.work import actions, presence
from tests.evidence.files import add, all_stored, picture, stored
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def sentences() -> list[str]:
    events = list(AuditEvent.objects.filter(kind__startswith="evidence").order_by("pk"))
    for event in events:
        event.table = "event"  # type: ignore[attr-defined]
    names.add_names(events)
    return list(map(plain_sentence, events))


def test_holder_adds_a_file_and_the_trail_says_so(task: Task, anna: User) -> None:
    row = add(task, anna, item="front")
    assert (row.item, row.added_by, row.size) == ("front", anna, len(stored(row.file)))
    assert row.digest == hashlib.sha256(stored(row.file)).hexdigest()
    event = AuditEvent.objects.get(kind="evidence added")
    assert (event.history_user, event.details["sha256"]) == (anna, row.digest)
    assert sentences() == ["anna added the file front.jpg to INV-1"]


def test_names_of_stored_files_are_not_the_sender_s(task: Task, anna: User) -> None:
    add(task, anna, name="secret-customer.jpg")
    assert not any("secret" in name or "jpg" in name for name in all_stored())


def test_same_file_at_the_same_place_is_added_once(task: Task, anna: User) -> None:
    first = add(task, anna)
    names = all_stored()
    assert add(task, anna, name="again.jpg") == first
    assert all_stored() == names
    assert add(task, anna, item="front") != first
    assert len(sentences()) == 2


def test_twin_sent_at_the_same_moment_leaves_no_file(
    task: Task, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, twins = storage.write, []

    def write_after_twin(prepared: object) -> object:
        if not twins:
            twins.append(None)
            twins.append(add(task, anna))
        return write(prepared)  # type: ignore[arg-type]

    monkeypatch.setattr(storage, "write", write_after_twin)
    assert add(task, anna) == twins[1]
    assert len(all_stored()) == 2


def test_transaction_that_fails_leaves_no_file(
    task: Task, anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_values: object, **_columns: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(AuditEvent.objects, "create", fail)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add(task, anna)
    assert all_stored() == []
    assert not Evidence.objects.exists()


def test_file_of_a_defect_names_its_code(task: Task, anna: User) -> None:
    DefectCode.objects.create(code="SCR", name="Scratch")
    assert add(task, anna, defect="SCR").defect == "SCR"


def test_only_the_holder_and_managers_add_files(
    task: Task, ben: User, otto: User, mona: User
) -> None:
    for somebody in (ben, otto):
        with pytest.raises(NotAllowed, match="INV-1 is assigned to anna"):
            add(task, somebody)
    assert all_stored() == []
    assert add(task, mona).added_by == mona


def test_completed_task_gets_no_more_files_from_its_person(
    task: Task, anna: User, mona: User
) -> None:
    actions.complete(task.pk, by=anna)
    with pytest.raises(InvalidTransition, match="INV-1 is completed: only a manager"):
        add(task, anna)
    add(task, mona)


def test_unknown_task_is_not_found(task: Task, anna: User) -> None:
    task.pk = 999_999
    with pytest.raises(NotFound):
        add(task, anna)


def test_next_holder_sees_the_files_of_a_task_that_was_given_back(
    task: Task, anna: User, ben: User
) -> None:
    row = add(task, anna)
    presence.sign_in(ben.pk)
    actions.release(task.pk, by=anna, reason="Too hard")
    assert Task.objects.get(pk=task.pk).assignee == ben
    assert evidence.visible_to(ben, row.pk) == row
    with pytest.raises(NotFound):
        evidence.visible_to(anna, row.pk)


def test_check_lists_its_files_and_costs_nothing_without_any(
    task: Task,
    anna: User,
    add_task: Callable[..., Task],
    invoices: Queue,
    django_assert_num_queries: Callable,
) -> None:
    row = add(task, anna, item="front")
    (listed,) = evidence.of_check(task)
    assert listed == {
        "id": row.pk,
        "sha256": row.digest,
        "name": "front.jpg",
        "item": "front",
        "defect": "",
    }
    add_task(invoices)
    with_flag = {one.reference: one for one in Task.objects.annotate(has_files=evidence.HAS_FILES)}
    assert evidence.of_check(with_flag.pop("INV-1")) == [listed]
    with django_assert_num_queries(0):
        assert evidence.of_check(with_flag.popitem()[1]) == []


@pytest.mark.django_db(transaction=True)
def test_same_file_sent_many_times_at_once_is_there_once(task: Task, anna: User) -> None:
    rows = at_once(*[lambda: add(task, anna)] * 4)
    assert len(set(rows)) == 1
    assert Evidence.objects.count() == 1
    assert len(all_stored()) == 2


def test_picture_is_the_same_whoever_encodes_it(task: Task, anna: User, mona: User) -> None:
    content = picture(size=(5000, 10))
    assert add(task, anna, content).digest == add(task, mona, content, item="front").digest
