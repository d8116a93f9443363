"""What moves a task on under /api/v1/: by its holder and by managers."""

from typing import Any

import pytest

from qc.models import Queue, Task, User
from qc.work import presence
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def step(client: Any, task: Task, name: str, **sent: Any) -> Any:
    return client.post(f"/api/v1/tasks/{task.pk}/{name}/", sent)


def status(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    last = Task.history.filter(id=answer.json()["task"]["id"]).latest("history_id")
    assert answer["ETag"] == f'"{last.pk}"'
    return str(answer.json()["task"]["status"])


def test_holder_claims_completes_and_undoes(
    at_work: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    task, following = add_task(invoices), add_task(invoices)
    annas = at_work(anna)
    claimed = step(annas, task, "claim")
    assert (status(claimed), claimed.json()["task"]["assignee"]) == ("assigned", "anna")
    # Its answer shows it: so it is started.
    assert claimed.json()["task"]["started_at"]
    done = step(annas, task, "complete", outcome="failed", notes="Seal broken.")
    assert status(done) == "completed"
    assert done.json()["undo_until"]
    assert done.json()["next"]["id"] == following.pk
    undone = step(annas, task, "undo")
    assert (status(undone), undone.json()["task"]["outcome"]) == ("assigned", "")


def test_each_step_sent_again_does_no_harm(
    at_work: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    task, annas = add_task(invoices), at_work(anna)
    for name in ("claim", "start", "complete", "undo"):
        first, rows = status(step(annas, task, name)), Task.history.count()
        assert (status(step(annas, task, name)), Task.history.count()) == (first, rows)


def test_manager_steers(
    at_work: Any, client_of: Any, anna: User, mona: User, labels: Queue, add_task: Any
) -> None:
    task, monas = add_task(labels), client_of(mona)
    at_work(anna)
    assert status(step(monas, task, "assign", person="anna", reason="Yours.")) == "assigned"
    assert status(step(monas, task, "release", reason="Not yours.")) == "pending"
    assert status(step(monas, task, "hold", reason="Wait.")) == "on_hold"
    assert status(step(monas, task, "resume")) == "pending"
    assert status(step(monas, task, "hold", reason="Wait.")) == "on_hold"
    assert status(step(monas, task, "cancel", reason="Wrong.")) == "cancelled"
    assert status(step(monas, task, "reopen", reason="Right.")) == "pending"
    assert status(step(monas, task, "assign", person=anna.pk, reason="Again.")) == "assigned"
    assert status(step(monas, task, "comment", text="@anna, please look.")) == "assigned"


def test_task_given_next_waits_for_its_person(
    at_work: Any, client_of: Any, anna: User, mona: User, invoices: Queue, add_task: Any
) -> None:
    first, second, third = (add_task(invoices) for _ in range(3))
    annas = at_work(anna)
    step(annas, first, "claim")
    answer = step(client_of(mona), third, "give-next", person="anna")
    assert answer.json()["task"]["next_for_id"] == anna.pk
    assert step(annas, first, "complete").json()["next"]["id"] == third.pk
    assert Task.objects.get(pk=second.pk).status == "pending"


def test_released_task_goes_to_who_is_free(
    at_work: Any, anna: User, ben: User, invoices: Queue, add_task: Any
) -> None:
    task, annas = add_task(invoices), at_work(anna)
    step(annas, task, "claim")
    at_work(ben)
    answer = step(annas, task, "release", reason="No time.")
    assert answer.json()["task"]["assignee"] == "ben"


def test_refusals_are_those_of_the_pages(
    at_work: Any, client_of: Any, anna: User, ben: User, mona: User, invoices: Queue, add_task: Any
) -> None:
    task, annas, bens = add_task(invoices), at_work(anna), at_work(ben)
    step(annas, task, "claim")
    refusals = {
        "claim": (409, f"anna already has {task.reference}."),
        "complete": (403, f"{task.reference} is assigned to anna."),
        "hold": (403, "Only a manager may do this."),
    }
    for name, (code, text) in refusals.items():
        answer = step(bens, task, name)
        assert (answer.status_code, answer.json()["detail"]) == (code, text)
    assert list(step(annas, task, "release").json()["errors"]) == ["reason"]
    unknown = step(client_of(mona), task, "assign", person="nobody", reason="So.")
    assert list(unknown.json()["errors"]) == ["person"]
    assert step(annas, Task(pk=10**17), "start").status_code == 404


def test_holders_call_brings_back_whom_only_the_scheduler_sent_away(
    at_work: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    task, annas = add_task(invoices), at_work(anna)
    presence.sign_out(anna.pk, by=None, reason="not seen for 15 minutes")
    assert status(step(annas, task, "claim")) == "assigned"


def test_task_to_scan_is_completed_with_its_label(
    at_work: Any, anna: User, invoices: Queue, add_task: Any
) -> None:
    invoices.scan_to_start = True
    invoices.save()
    task, annas = add_task(invoices), at_work(anna)
    step(annas, task, "claim")
    assert list(step(annas, task, "start").json()["errors"]) == ["scanned"]
    assert status(step(annas, task, "start", scanned=task.reference.lower())) == "assigned"
    assert status(step(annas, task, "complete")) == "completed"


@pytest.mark.parametrize(
    ("name", "sent", "field"),
    [
        ("complete", {"outcom": "failed"}, "outcom"),
        ("complete", {"defects": [{"code": "SCR", "quantitiy": 3}]}, "defects.0.quantitiy"),
        ("release", {"reason": "Torn.", "why": "Torn."}, "why"),
    ],
)
def test_field_that_a_step_does_not_know_is_refused(
    at_work: Any,
    anna: User,
    invoices: Queue,
    add_task: Any,
    name: str,
    sent: dict[str, Any],
    field: str,
) -> None:
    task, annas = add_task(invoices), at_work(anna)
    step(annas, task, "claim")
    answer = step(annas, task, name, **sent)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert "Allowed are: " in answer.json()["errors"][field][0]
    task.refresh_from_db()
    assert task.status == "assigned"
