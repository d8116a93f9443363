"""A check is completed with its answers, and they follow each step of the task's life."""

from collections.abc import Callable
from typing import Any

import pytest

from qc.audit import invariants
from qc.checks.check_input import CheckInput, FoundDefect
from qc.core.exceptions import AlreadyCompleted, InvalidCheck, StaleDraft
from qc.models import Answer, Defect, DefectCode, PlanVersion, Queue, Task, User
from qc.work import actions
from tests.plans import give_plan

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
TORQUE = {"key": "torque", "kind": "number", "lower": "8", "upper": "10", "decimals": 1}
LABEL = {"key": "label", "critical": True}


@pytest.fixture
def version(invoices: Queue) -> PlanVersion:
    return give_plan(invoices, LABEL, TORQUE)


@pytest.fixture
def held(version: PlanVersion, held: Task) -> Task:
    """A task with a plan that Anna holds and has not started."""
    return held


def check(label: str = "ok", torque: str = "9.5", **more: Any) -> CheckInput:
    return CheckInput({"label": label, "torque": torque}, **more)


def now(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def rows(task: Task) -> list[tuple[str, str, str]]:
    answers = Answer.objects.filter(task=task).order_by("pk")
    return list(answers.values_list("item", "verdict", "value"))


class TestComplete:
    def test_answers_are_kept_counted_and_in_the_history(self, anna: User, held: Task) -> None:
        done, _next = actions.complete(held.pk, by=anna, check=check(torque="10.5"))
        findings = {
            "answers": {
                "label": {"value": "", "verdict": "ok"},
                "torque": {"value": "10.5", "verdict": "not_ok"},
            }
        }
        assert (done.outcome, now(held).findings) == ("passed", findings)
        assert rows(held) == [("label", "ok", ""), ("torque", "not_ok", "10.5")]
        row = held.history.filter(kind="completed").get()
        assert (row.findings, row.plan) == (findings, now(held).plan)

    def test_counted_rows_have_who_when_and_where(self, anna: User, held: Task) -> None:
        done, _next = actions.complete(held.pk, by=anna, check=check())
        answer = Answer.objects.get(item="torque")
        assert (answer.queue, answer.person, answer.number) == (held.queue, anna, 9.5)
        assert answer.completed_at == done.completed_at

    def test_outcome_follows_from_the_answers(self, anna: User, held: Task) -> None:
        done, _next = actions.complete(held.pk, by=anna, check=check(label="not_ok"))
        assert done.outcome == "failed"

    def test_outcome_that_disagrees_is_refused_and_nothing_changes(
        self, anna: User, held: Task
    ) -> None:
        with pytest.raises(InvalidCheck) as refusal:
            actions.complete(held.pk, by=anna, outcome="passed", check=check(label="not_ok"))
        assert refusal.value.errors == {
            "outcome": "The outcome is “failed”, not “passed”: critical and not OK: Label."
        }
        assert (now(held).status, rows(held)) == ("assigned", [])

    def test_without_answers_it_is_refused_item_by_item(self, anna: User, held: Task) -> None:
        with pytest.raises(InvalidCheck) as refusal:
            actions.complete(held.pk, by=anna)
        assert list(refusal.value.errors) == ["answers.label", "answers.torque"]

    def test_without_answers_the_draft_counts(self, anna: User, held: Task) -> None:
        actions.save_draft(held.pk, "", by=anna, check=check())
        actions.complete(held.pk, by=anna)
        assert len(rows(held)) == 2
        assert now(held).draft_findings is None

    def test_failed_check_names_a_defect_where_its_queue_demands_it(
        self, anna: User, held: Task
    ) -> None:
        Queue.objects.update(needs_defects=True)
        DefectCode.objects.create(code="SCR", name="Scratch")
        with pytest.raises(InvalidCheck) as refusal:
            actions.complete(held.pk, by=anna, check=check(label="not_ok"))
        assert refusal.value.errors == {
            "defects": "Name at least one defect: Invoices needs to know what failed."
        }

    def test_defects_are_kept_and_counted(self, anna: User, held: Task) -> None:
        DefectCode.objects.create(code="SCR", name="Scratch")
        found = FoundDefect("SCR", severity=2, quantity=3, item="label")
        actions.complete(held.pk, by=anna, check=check(label="not_ok", defects=(found,)))
        assert now(held).findings["defects"] == [vars(found)]
        defect = Defect.objects.get(task=held)
        assert (defect.code.code, defect.quantity, defect.severity) == ("SCR", 3, 2)

    def test_lot_is_passed_in_part(self, anna: User, held: Task) -> None:
        Queue.objects.update(counts_quantities=True)
        done, _next = actions.complete(held.pk, by=anna, check=check(inspected=50, rejected=3))
        assert (done.outcome, done.inspected, done.rejected) == ("partial", 50, 3)

    def test_score_is_kept(self, anna: User, held: Task, invoices: Queue) -> None:
        give_plan(invoices, LABEL, TORQUE, rule="score", pass_score=50)
        actions.complete(held.pk, by=anna, check=check(torque="7"))
        assert now(held).findings["score"] == 50.0

    def test_task_without_a_plan_has_no_findings(
        self, anna: User, held: Task, invoices: Queue
    ) -> None:
        Queue.objects.update(plan=None)
        actions.complete(held.pk, by=anna)
        assert (now(held).findings, now(held).plan) == (None, None)

    def test_passed_in_part_is_refused_without_quantities(self, anna: User, held: Task) -> None:
        with pytest.raises(InvalidCheck):
            actions.complete(held.pk, by=anna, outcome="partial", check=check())


class TestCompleteAgain:
    def test_same_answers_are_the_same(self, anna: User, held: Task) -> None:
        actions.complete(held.pk, by=anna, check=check())
        again = check(torque=" 9,5 ")
        done, _next = actions.complete(held.pk, by=anna, check=again)
        assert done.outcome == "passed"
        assert held.history.filter(kind="completed").count() == 1
        assert len(rows(held)) == 2

    def test_other_answers_are_told(self, anna: User, held: Task) -> None:
        actions.complete(held.pk, by=anna, check=check())
        with pytest.raises(AlreadyCompleted):
            actions.complete(held.pk, by=anna, check=check(torque="9.0"))
        with pytest.raises(AlreadyCompleted):
            actions.complete(held.pk, by=anna, check=check(torque="what"))
        assert rows(held)[1] == ("torque", "ok", "9.5")


class TestWhichVersion:
    def test_started_task_keeps_its_version(
        self, anna: User, held: Task, version: PlanVersion, invoices: Queue
    ) -> None:
        actions.open_task(held.pk, by=anna)
        give_plan(invoices, {"key": "weight"})
        actions.complete(held.pk, by=anna, check=check())
        assert now(held).plan == version

    def test_task_not_started_is_checked_by_the_version_that_was_shown(
        self, anna: User, held: Task, version: PlanVersion, invoices: Queue
    ) -> None:
        give_plan(invoices, {"key": "weight"})
        actions.complete(held.pk, by=anna, check=check(), plan=version.pk)
        assert now(held).plan == version

    def test_version_of_another_queue_is_not_taken(
        self, anna: User, held: Task, version: PlanVersion, labels: Queue
    ) -> None:
        other = give_plan(labels, {"key": "weight"})
        actions.save_draft(held.pk, "", by=anna, check=check(), plan=other.pk)
        assert now(held).plan == version

    def test_task_handed_out_to_a_program_has_its_plan(
        self, anna: User, held: Task, add_task: AddTask, version: PlanVersion
    ) -> None:
        following = add_task(held.queue)
        actions.complete(held.pk, by=anna, check=check(), is_shown=True)
        assert now(following).plan == version
        assert following.history.latest().plan == version

    def test_started_row_of_the_history_has_it(
        self, anna: User, held: Task, version: PlanVersion
    ) -> None:
        actions.open_task(held.pk, by=anna)
        assert held.history.get(kind="started").plan == version


class TestBackInTheQueue:
    def test_draft_answers_travel_with_their_version(
        self, anna: User, ben: User, held: Task, version: PlanVersion, invoices: Queue
    ) -> None:
        actions.save_draft(held.pk, "", by=anna, check=check(torque=""))
        give_plan(invoices, {"key": "weight"})
        actions.release(held.pk, by=anna, reason="no gauge")
        actions.sign_in(ben.pk)
        actions.open_task(held.pk, by=ben)
        assert (now(held).assignee, now(held).plan) == (ben, version)
        assert now(held).draft_findings["answers"]["label"] == "ok"

    def test_without_answers_the_version_is_cleared(
        self, anna: User, held: Task, version: PlanVersion
    ) -> None:
        actions.open_task(held.pk, by=anna)
        actions.release(held.pk, by=anna, reason="no gauge")
        assert now(held).plan is None

    @pytest.mark.parametrize("has_answers", [True, False])
    def test_sweep_and_sign_out_do_the_same(
        self, anna: User, held: Task, version: PlanVersion, has_answers: bool
    ) -> None:
        actions.open_task(held.pk, by=anna)
        if has_answers:
            actions.save_draft(held.pk, "", by=anna, check=check())
        actions.sign_out(anna.pk, by=anna, reason="home")
        assert now(held).plan == (version if has_answers else None)
        assert held.history.latest().plan == now(held).plan


class TestUndo:
    def test_answers_come_back_as_a_draft_and_are_counted_no_more(
        self, anna: User, held: Task, version: PlanVersion
    ) -> None:
        DefectCode.objects.create(code="SCR", name="Scratch")
        sent = check(label="not_ok", defects=(FoundDefect("SCR", 2, 3, "deep", "label"),))
        actions.complete(held.pk, by=anna, check=sent)
        task = actions.undo(held.pk, by=anna)
        assert (now(held).draft_findings, task.plan) == (sent.as_json(), version)
        assert (now(held).findings, rows(held), Defect.objects.count()) == (None, [], 0)
        actions.complete(held.pk, by=anna)
        assert (now(held).outcome, len(rows(held))) == ("failed", 2)
        assert not list(invariants.broken())

    def test_reopened_task_has_them_too(self, anna: User, mona: User, held: Task) -> None:
        actions.complete(held.pk, by=anna, check=check())
        actions.reopen(held.pk, by=mona, reason="look again")
        assert now(held).draft_findings["answers"] == {"label": "ok", "torque": "9.5"}
        assert rows(held) == []


class TestCorrect:
    def correct(self, held: Task, anna: User, outcome: str = "passed", **how: Any) -> Task:
        return actions.correct(held.pk, by=anna, outcome=outcome, notes="", reason="misread", **how)

    def test_answers_are_replaced_with_the_outcome(self, anna: User, held: Task) -> None:
        done, _next = actions.complete(held.pk, by=anna, check=check())
        self.correct(held, anna, "failed", check=check(label="not_ok"))
        assert rows(held)[0] == ("label", "not_ok", "")
        assert Answer.objects.get(item="label").completed_at == done.completed_at
        row = held.history.get(kind="corrected")
        assert (row.outcome, row.findings["answers"]["label"]["verdict"]) == ("failed", "not_ok")

    def test_outcome_that_disagrees_with_the_answers_is_refused(
        self, anna: User, held: Task
    ) -> None:
        actions.complete(held.pk, by=anna, check=check())
        with pytest.raises(InvalidCheck, match="no critical item is not OK"):
            self.correct(held, anna, "failed")
        assert now(held).outcome == "passed"

    def test_same_answers_change_nothing(self, anna: User, held: Task) -> None:
        actions.complete(held.pk, by=anna, check=check())
        self.correct(held, anna, check=check(torque="9.5"))
        assert not held.history.filter(kind="corrected").exists()


class TestDrafts:
    def test_answers_are_kept_complete_or_not(self, anna: User, held: Task) -> None:
        sent = CheckInput({"torque": "9."})
        task = actions.save_draft(held.pk, "", by=anna, check=sent)
        assert now(held).draft_findings == sent.as_json()
        assert task.draft_version == 1
        assert actions.save_draft(held.pk, "", by=anna, check=sent).draft_version == 1

    def test_older_tab_is_told_of_newer_answers_and_overwrites_nothing(
        self, anna: User, held: Task
    ) -> None:
        actions.save_draft(held.pk, "", by=anna, check=check(), version=0)
        with pytest.raises(StaleDraft) as refusal:
            actions.save_draft(held.pk, "", by=anna, check=check(torque="7"), version=0)
        assert refusal.value.findings == check().as_json()
        with pytest.raises(StaleDraft):
            actions.complete(held.pk, by=anna, check=check(torque="7"), version=0)
        assert now(held).draft_findings == check().as_json()

    def test_notes_alone_leave_the_answers(self, anna: User, held: Task) -> None:
        actions.save_draft(held.pk, "", by=anna, check=check())
        actions.save_draft(held.pk, "scratched", by=anna)
        assert now(held).draft_findings == check().as_json()
