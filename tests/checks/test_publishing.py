"""Check plans are published: what makes a version, and what is refused."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from qc import history
from qc.checks import plan as plans_in_memory
from qc.checks import plan_draft, plans
from qc.core.canonical_json import hashed
from qc.core.exceptions import InvalidInput, InvalidTransition, NotAllowed
from qc.models import AuditEvent, CheckPlan, EventKind, PlanItem, Queue, Task, User
from tests.conftest import person
from tests.databases import on_mariadb
from tests.plans import write_plan
from tests.threads import at_once

SEAL = {"question": "Is the seal there?"}
COLOUR = {"question": "Colour", "kind": "choice", "options": "red\n! blue"}
TORQUE = {"question": "Torque", "key": "torque", "kind": "number", "upper": Decimal(10)}


def change(plan: CheckPlan, item: str, **columns: Any) -> None:
    """Change the columns of the item with this question."""
    PlanItem.objects.filter(plan=plan, question=item).update(**columns)


def faults_of(plan: CheckPlan, by: User) -> list[str]:
    with pytest.raises(plans.InvalidPlan) as refusal:
        plans.publish(plan, by)
    return [str(fault) for fault in refusal.value.faults]


def test_publishing_gives_the_queue_a_version_with_one_history_row(
    invoices: Queue, mona: User
) -> None:
    plan = write_plan(invoices, SEAL, COLOUR, TORQUE)
    rows = invoices.history.count()
    version = plans.publish(plan, mona)
    invoices.refresh_from_db()
    assert invoices.plan == version
    row = history.of(invoices).first()
    assert (invoices.history.count(), row.kind) == (rows + 1, "plan published")
    assert (row.plan, row.history_user, row.history_change_reason) == (version, mona, "Version 1")


def test_publication_is_an_event_with_the_digest_of_the_content(
    invoices: Queue, mona: User
) -> None:
    version = plans.publish(write_plan(invoices, SEAL), mona)
    event = AuditEvent.objects.get(kind=EventKind.PLAN_VERSION)
    assert event.history_user == mona
    assert event.details == {
        "queue": invoices.pk,
        "queue_name": "Invoices",
        "number": 1,
        "digest": hashed(version.content),
    }


def test_version_has_what_each_item_needs_and_no_more(invoices: Queue, mona: User) -> None:
    conditional = {"question": "Why?", "kind": "text", "is_required": False}
    conditional |= {"only_if": "is the SEAL there?", "only_if_answers": "Not OK"}
    limits = {"unit": "Nm", "lower": Decimal("8.50"), "decimals": 1, "is_critical": True}
    plan = write_plan(invoices, SEAL, COLOUR, TORQUE | limits, conditional)
    assert plans.publish(plan, mona).content["items"] == [
        {"key": "is_the_seal_there", "question": "Is the seal there?", "kind": "ok"},
        {
            "key": "colour",
            "question": "Colour",
            "kind": "choice",
            "options": [{"value": "red", "is_ok": True}, {"value": "blue", "is_ok": False}],
        },
        {
            "key": "torque",
            "question": "Torque",
            "kind": "number",
            "critical": True,
            "unit": "Nm",
            "lower": "8.5",
            "upper": "10",
            "decimals": 1,
        },
        {
            "key": "why",
            "question": "Why?",
            "kind": "text",
            "required": False,
            "only_if": {"item": "is_the_seal_there", "answers": ["not_ok"]},
        },
    ]


def test_version_is_read_as_it_was_written(invoices: Queue, mona: User) -> None:
    version = plans.publish(write_plan(invoices, TORQUE | {"section": "Screws"}), mona)
    (item,) = plans_in_memory.of_version(version.pk).items
    assert (item.key, item.section, item.lower, item.upper) == ("torque", "Screws", None, 10)


def test_publishing_the_same_again_changes_nothing(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL, TORQUE | {"upper": Decimal("10.00")})
    version = plans.publish(plan, mona)
    rows, events = invoices.history.count(), AuditEvent.objects.count()
    change(plan, "Torque", upper=Decimal(10))
    assert plans.publish(plan, mona) == version
    assert (invoices.history.count(), AuditEvent.objects.count()) == (rows, events)


def test_changed_plan_is_a_new_version_and_the_old_one_stays(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL)
    first = plans.publish(plan, mona)
    change(plan, "Is the seal there?", help="Look from above.")
    second = plans.publish(plan, mona)
    first.refresh_from_db()
    assert [one.number for one in (first, second)] == [1, 2]
    assert "help" not in first.content["items"][0]


def test_key_stays_when_its_question_is_reworded(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL)
    plans.publish(plan, mona)
    change(plan, "Is the seal there?", question="Seal present?")
    item = plans.publish(plan, mona).content["items"][0]
    assert (item["key"], item["question"]) == ("is_the_seal_there", "Seal present?")


def test_keys_of_like_questions_differ_and_are_never_too_long(invoices: Queue, mona: User) -> None:
    long = {"question": "A question " + "that is long " * 5}
    plan = write_plan(invoices, SEAL, SEAL, long, long, {"question": "封印?"})
    keys = [one["key"] for one in plans.publish(plan, mona).content["items"]]
    assert keys == [
        "is_the_seal_there",
        "is_the_seal_there_2",
        "a_question_that_is_long_that_is_long_tha",
        "a_question_that_is_long_that_is_long_t_2",
        "item",
    ]


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"kind": "choice", "options": "red"}, "Write at least two choices, each once"),
        ({"kind": "choice", "options": "red\nred"}, "Write at least two choices, each once"),
        ({"kind": "choice", "options": "!red\n!blue"}, "At least one choice must be OK"),
        ({"kind": "choice", "options": "red\n!"}, "Write the choice behind the “!”."),
        ({"kind": "text", "options": "red\nblue"}, "Only a choice has choices"),
        ({"kind": "text", "lower": 1}, "Only a number has limits"),
        ({"kind": "photo", "is_critical": True}, "so it can't be critical"),
        ({"kind": "number", "is_critical": True}, "so it can't be critical"),
        ({"key": "torque"}, "Another item has the key torque."),
        (
            {"only_if": "later", "only_if_answers": "ok"},
            "There is no item “later” before this one.",
        ),
        ({"only_if": "colour"}, "“Colour” can have these answers: red, blue."),
        ({"only_if": "colour", "only_if_answers": "green"}, "can have these answers: red, blue."),
        ({"only_if": "torque", "only_if_answers": "5"}, "Name an item that is answered by OK"),
        ({"only_if_answers": "ok"}, "Name the item that has this answer."),
    ],
)
def test_fault_names_the_item_and_what_is_allowed(item: dict[str, Any], sentence: str) -> None:
    columns = [SEAL, COLOUR, TORQUE, {"question": "It"} | item, {"question": "Later"}]
    items = [PlanItem(**one) for one in columns]
    plan_draft.complete(items)
    (fault,) = plan_draft.faults(CheckPlan(), items)
    assert str(fault).startswith("“It”: ")
    assert sentence in fault.message


def test_refusal_names_all_that_is_wrong_and_publishes_nothing(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, COLOUR | {"options": ""}, TORQUE | {"kind": "date"})
    assert [fault.split(":")[0] for fault in faults_of(plan, mona)] == ["“Colour”", "“Torque”"]
    invoices.refresh_from_db()
    assert invoices.plan is None


def test_plan_without_items_is_refused(invoices: Queue, mona: User) -> None:
    assert faults_of(write_plan(invoices), mona) == ["A check plan needs at least one item."]


def test_score_needs_a_weight(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL | {"weight": 0}, {"question": "Text", "kind": "text"})
    CheckPlan.objects.update(rule="score")
    (fault,) = faults_of(plan, mona)
    assert fault.startswith("A score needs an item that can be OK or not OK")


def test_retired_plan_leaves_the_queue_without_one(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL)
    plans.publish(plan, mona)
    plans.retire(plan.pk, by=mona, reason="No longer checked")
    invoices.refresh_from_db()
    row = history.of(invoices).first()
    assert invoices.plan is None
    assert (row.plan_id, row.kind, row.why) == (None, "plan published", "No longer checked")
    assert plans.publish(plan, mona).number == 2


def test_copy_gives_another_queue_the_same_questions(
    invoices: Queue, labels: Queue, mona: User
) -> None:
    source = plans.publish(write_plan(invoices, SEAL, COLOUR, rule="score"), mona)
    own = plans.publish(write_plan(labels, TORQUE), mona)
    version = plans.copy(invoices, labels, mona)
    assert (version.queue, version.number) == (labels, own.number + 1)
    assert version.content == source.content


def test_copy_of_nothing_is_refused(invoices: Queue, labels: Queue, mona: User) -> None:
    write_plan(labels, SEAL)
    for source in (invoices, labels):
        with pytest.raises(InvalidInput, match="Choose another queue that has a check plan"):
            plans.copy(source, labels, mona)


def test_only_managers_publish(invoices: Queue, otto: User, anna: User) -> None:
    plan = write_plan(invoices, SEAL)
    for somebody in (otto, anna):
        with pytest.raises(NotAllowed):
            plans.publish(plan, somebody)


def test_closed_queue_gets_no_version(invoices: Queue, mona: User) -> None:
    plan = write_plan(invoices, SEAL)
    Queue.objects.update(is_closed=True)
    with pytest.raises(InvalidTransition, match="Invoices is closed"):
        plans.publish(plan, mona)


def test_started_tasks_are_those_with_an_older_version(
    invoices: Queue, mona: User, anna: User, add_task: Any
) -> None:
    plan = write_plan(invoices, SEAL)
    first = plans.publish(plan, mona)
    add_task(invoices)
    task = add_task(invoices)
    now = task.created_at
    assigned = {"status": "assigned", "assignee": anna, "slot": 1, "assigned_at": now}
    Task.objects.filter(pk=task.pk).update(**assigned, started_at=now, plan=first)
    assert plans.started(invoices) == 0
    change(plan, "Is the seal there?", help="Look from above.")
    plans.publish(plan, mona)
    assert plans.started(invoices) == 1


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_make_two_versions_and_lose_nothing(
    invoices: Queue, mona: User
) -> None:
    plan = write_plan(invoices, SEAL, TORQUE)
    plans.publish(plan, mona)

    def edit(by: User, item: str) -> int:
        with transaction.atomic():
            plans.locked(invoices.pk, by)
            change(plan, item, help=f"By {by}.")
            return plans.publish(plan, by).number

    mira = person("mira", "Managers")
    numbers = at_once(lambda: edit(mona, "Torque"), lambda: edit(mira, "Is the seal there?"))
    assert sorted(numbers) == [2, 3]
    invoices.refresh_from_db()
    assert invoices.plan.number == 3
    assert [one["help"] for one in invoices.plan.content["items"]] == ["By mira.", "By mona."]
