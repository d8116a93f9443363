"""Managers edit check plans: what a save publishes, and what is refused or kept."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.checks import plans
from qc.models import CheckPlan, PlanItem, Queue, Task, User
from tests.admin.conftest import FormReader, act, change, typed
from tests.databases import on_sqlite
from tests.plans import write_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

SEAL = {"question": "Is the seal there?"}
TORQUE = {"question": "Torque", "kind": "number", "upper": 10}


@pytest.fixture
def plan(invoices: Queue, mona: User) -> CheckPlan:
    """Mona has published a plan of two items for Invoices."""
    written = write_plan(invoices, SEAL, TORQUE)
    plans.publish(written, mona)
    return written


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def save(client: Client, plan: CheckPlan, sent: dict[str, Any]) -> Any:
    return client.post(change(plan), sent, follow=True)


def resend(client: Client, plan: CheckPlan, answer: Any, **entered: Any) -> Any:
    """Save again what an answer shows."""
    reader = FormReader("checkplan_form")
    reader.feed(answer.content.decode())
    return save(client, plan, reader.sent | {"_save": "Save"} | entered)


def new_item(at: int, **columns: Any) -> dict[str, Any]:
    """Return what the form of a new item sends."""
    columns = {"kind": "ok", "is_required": "on"} | columns
    return {f"items-{at}-{name}": value for name, value in columns.items()} | {
        "items-TOTAL_FORMS": at + 1
    }


def questions(plan: CheckPlan) -> list[str]:
    plan.queue.refresh_from_db()
    return [one["question"] for one in plan.queue.plan.content["items"]]


def test_first_plan_of_a_queue_is_written_from_its_page(
    mona_client: Client, invoices: Queue
) -> None:
    add = mona_client.get(act(invoices, "check_plan")).url
    sent = typed(mona_client, add)
    assert sent["queue"] == [str(invoices.pk)]
    answer = mona_client.post(add, sent | new_item(0, question="Is the sum right?"), follow=True)
    assert "Version 1 is in use from now on." in page(answer)
    assert questions(CheckPlan.objects.get()) == ["Is the sum right?"]
    assert mona_client.get(act(invoices, "check_plan")).url == change(CheckPlan.objects.get())


def test_saving_publishes_a_version_and_says_what_started_tasks_keep(
    mona_client: Client, plan: CheckPlan, anna: User, add_task: Callable[..., Task]
) -> None:
    task = add_task(plan.queue)
    first = Queue.objects.get().plan
    assigned = {"status": "assigned", "assignee": anna, "slot": 1, "assigned_at": task.created_at}
    Task.objects.update(**assigned, started_at=task.created_at, plan=first)
    answer = save(mona_client, plan, typed(mona_client, change(plan)) | {"items-1-upper": "12"})
    said = "Version 2 is in use from now on; 1 task that is started keeps its own."
    assert said in page(answer)
    assert Queue.objects.get().plan.content["items"][1]["upper"] == "12"


def test_saving_without_a_change_publishes_nothing(mona_client: Client, plan: CheckPlan) -> None:
    answer = save(mona_client, plan, typed(mona_client, change(plan)))
    assert "Nothing has changed: version 1 stays in use." in page(answer)


def test_items_stand_in_the_order_in_which_they_were_dragged(
    mona_client: Client, plan: CheckPlan
) -> None:
    sent = typed(mona_client, change(plan)) | {"items-0-position": "1", "items-1-position": "0"}
    save(mona_client, plan, sent | new_item(2, question="Colour", position="0"))
    assert questions(plan) == ["Torque", "Is the seal there?", "Colour"]


def test_deleted_item_is_not_asked_any_more(mona_client: Client, plan: CheckPlan) -> None:
    save(mona_client, plan, typed(mona_client, change(plan)) | {"items-0-DELETE": "on"})
    assert questions(plan) == ["Torque"]


def test_item_may_depend_on_a_new_one_that_it_names_by_its_question(
    mona_client: Client, plan: CheckPlan
) -> None:
    sent = typed(mona_client, change(plan)) | new_item(2, question="Is it dry?")
    condition = {"only_if": "is it dry?", "only_if_answers": "not OK"}
    save(mona_client, plan, sent | new_item(3, question="How wet?", kind="text", **condition))
    plan.queue.refresh_from_db()
    last = plan.queue.plan.content["items"][-1]
    assert last["only_if"] == {"item": "is_it_dry", "answers": ["not_ok"]}


def test_fault_is_shown_at_its_field_and_nothing_is_lost(
    mona_client: Client, plan: CheckPlan
) -> None:
    sent = typed(mona_client, change(plan)) | {"items-0-kind": "choice", "items-0-options": "red"}
    answer = save(mona_client, plan, sent)
    assert "Write at least two choices, each once, one on each line." in page(answer)
    assert ">red</textarea>" in page(answer)
    assert questions(plan) == ["Is the seal there?", "Torque"]
    assert Queue.objects.get().plan.number == 1


def test_plan_keeps_an_item(mona_client: Client, plan: CheckPlan) -> None:
    sent = typed(mona_client, change(plan)) | {"items-0-DELETE": "on", "items-1-DELETE": "on"}
    assert "A check plan needs at least one item." in page(save(mona_client, plan, sent))


def test_limits_the_wrong_way_round_are_said_once_at_the_limit(
    mona_client: Client, plan: CheckPlan
) -> None:
    answer = save(mona_client, plan, typed(mona_client, change(plan)) | {"items-1-lower": "11"})
    assert page(answer).count("The lower limit must not be above the upper one.") == 1


class TestTwoManagers:
    def test_different_items_are_both_saved(self, mona_client: Client, plan: CheckPlan) -> None:
        sent = typed(mona_client, change(plan)) | {"items-0-help": "Look from above."}
        PlanItem.objects.filter(question="Torque").update(help="Theirs.")
        save(mona_client, plan, sent)
        helps = list(PlanItem.objects.values_list("help", flat=True))
        assert helps == ["Look from above.", "Theirs."]

    def test_second_one_is_told_of_the_same_field_and_may_overwrite(
        self, mona_client: Client, plan: CheckPlan
    ) -> None:
        sent = typed(mona_client, change(plan)) | {"items-1-help": "Mine."}
        PlanItem.objects.filter(question="Torque").update(help="Theirs.")
        answer = save(mona_client, plan, sent)
        assert "Now it is Theirs.; you entered Mine.. Save again to overwrite." in page(answer)
        resend(mona_client, plan, answer)
        assert PlanItem.objects.get(question="Torque").help == "Mine."

    def test_item_added_meanwhile_stays(self, mona_client: Client, plan: CheckPlan) -> None:
        sent = typed(mona_client, change(plan)) | {"items-0-help": "Look from above."}
        PlanItem.objects.create(plan=plan, key="new", question="New", position=2)
        save(mona_client, plan, sent)
        assert questions(plan) == ["Is the seal there?", "Torque", "New"]

    def test_item_removed_meanwhile_is_told_and_what_was_written_stays_on_the_page(
        self, mona_client: Client, plan: CheckPlan
    ) -> None:
        sent = typed(mona_client, change(plan)) | {
            "items-0-help": "Look from above.",
            "items-1-help": "Also mine.",
        }
        PlanItem.objects.filter(question="Is the seal there?").delete()
        answer = save(mona_client, plan, sent)
        assert "“Is the seal there?”: somebody else has removed this item meanwhile." in page(
            answer
        )
        assert "Look from above." in page(answer)
        assert "Also mine." in page(answer)
        resend(mona_client, plan, answer, **{"items-0-DELETE": "on"})
        assert questions(plan) == ["Torque"]
        assert PlanItem.objects.get().help == "Also mine."


def test_copy_replaces_the_items_by_those_of_another_queue(
    mona_client: Client, plan: CheckPlan, labels: Queue, mona: User
) -> None:
    plans.publish(write_plan(labels, {"question": "Barcode", "kind": "scan"}), mona)
    posted = {"from_queue": labels.pk, "_form_submitted": "True"}
    mona_client.post(act(plan, "copy_plan"), posted)
    assert questions(plan) == ["Barcode"]


def test_queue_without_a_plan_gets_that_of_another_one(
    mona_client: Client, plan: CheckPlan, labels: Queue
) -> None:
    buttons = page(mona_client.get(change(labels)))
    assert "Copy a check plan" in buttons
    posted = {"from_queue": plan.queue_id, "_form_submitted": "True"}
    mona_client.post(act(labels, "copy_plan"), posted)
    assert questions(labels.check_plan) == ["Is the seal there?", "Torque"]
    assert "Copy a check plan" not in page(mona_client.get(change(labels)))


def test_copy_of_a_plan_onto_itself_is_refused_in_words(
    mona_client: Client, plan: CheckPlan
) -> None:
    posted = {"from_queue": plan.queue_id, "_form_submitted": "True"}
    answer = mona_client.post(act(plan, "copy_plan"), posted)
    assert "Choose another queue that has a check plan." in page(answer)


def test_queue_that_had_a_plan_is_kept(mona_client: Client, plan: CheckPlan) -> None:
    answer = mona_client.post(act(plan.queue, "delete"), {"post": "yes"}, follow=True)
    assert "had a check plan, so it can&#x27;t be deleted." in page(answer)
    assert Queue.objects.exists()


def test_retired_plan_can_be_used_again(mona_client: Client, plan: CheckPlan) -> None:
    posted = {"reason": "No longer checked", "_form_submitted": "True"}
    mona_client.post(act(plan, "retire"), posted)
    assert Queue.objects.get().plan is None
    answer = save(mona_client, plan, typed(mona_client, change(plan)))
    assert "Version 2 is in use from now on." in page(answer)


def test_plan_of_a_closed_queue_is_only_read(mona_client: Client, plan: CheckPlan) -> None:
    Queue.objects.update(is_closed=True)
    answer = mona_client.get(change(plan))
    assert "_save" not in page(answer)
    assert mona_client.post(change(plan), {}).status_code == 403


def test_auditor_reads_plan_preview_and_versions(otto_client: Client, plan: CheckPlan) -> None:
    answer = otto_client.get(change(plan))
    assert "Is the seal there?" in page(answer)
    assert "_save" not in page(answer)
    for name in ("preview", "versions"):
        answer = otto_client.get(reverse(f"admin:check_plan_{name}", args=[plan.pk]))
        assert "Is the seal there?" in page(answer)


def test_versions_say_what_changed_between_two(
    mona_client: Client, plan: CheckPlan, mona: User
) -> None:
    PlanItem.objects.filter(question="Torque").update(upper=12, position=0)
    PlanItem.objects.filter(question="Is the seal there?").update(position=1)
    PlanItem.objects.create(plan=plan, key="new", question="Dry?", position=2)
    CheckPlan.objects.update(rule="score", pass_score=90)
    plans.publish(plan, mona)
    PlanItem.objects.filter(question="Dry?").delete()
    plans.publish(plan, mona)
    address = reverse("admin:check_plan_versions", args=[plan.pk])
    shown = page(mona_client.get(address, {"version": 2}))
    assert "What version 2 changed since version 1" in shown
    assert "Limits, unit: <del>at most 10</del> → <ins>at most 12</ins>" in shown
    assert '<strong>Dry?</strong> <span class="qc-through">new</span>' in shown
    assert "passes from 90 %</ins>" in shown
    latest = page(mona_client.get(address))
    assert '<strong>Dry?</strong> <span class="qc-through">removed</span>' in latest
    both = page(mona_client.get(address, {"version": 3, "since": 1}))
    assert "<strong>Dry?</strong>" not in both


def test_versions_that_are_not_there_are_not_found(mona_client: Client, plan: CheckPlan) -> None:
    address = reverse("admin:check_plan_versions", args=[plan.pk])
    for number in ("9", "x"):
        assert mona_client.get(address, {"version": number}).status_code == 404
