"""Random transitions by random people in random order: the invariants hold after each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from qc.audit import invariants
from qc.core.exceptions import QCError
from qc.models import Priority, Queue, Role, Task, User
from qc.work import actions
from qc.work import sweep as sweeps
from tests.conftest import person

NUMBERS = st.integers(min_value=0, max_value=9)
STEERING = st.sampled_from([actions.hold, actions.cancel, actions.reopen, actions.release])


class Floor(RuleBasedStateMachine):
    """Three people on three queues, a manager, and whatever may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def open_the_floor(self) -> None:
        self.manager = person("mona", Role.MANAGERS)
        self.people = [person(name, Role.QC_STAFF) for name in ("anna", "ben", "carla")]
        self.people[2].capacity = 2
        self.people[2].save(update_fields=["capacity"])
        self.queues = [Queue.objects.create(name=name) for name in ("Invoices", "Labels", "All")]
        self.queues[0].people.add(*self.people[:2])
        self.queues[1].people.add(*self.people[1:])
        self.queues[2].open_to_all = True
        self.queues[2].save()
        self.tasks: list[int] = []

    def person(self, number: int) -> User:
        return self.people[number % len(self.people)]

    def attempt(self, number: int, act: Callable[[int], Any]) -> None:
        """Do something to a task; a refusal must leave everything as it was."""
        if not self.tasks:
            return
        before, refusal = self.everything(), ""
        try:
            act(self.tasks[number % len(self.tasks)])
        except QCError as error:
            refusal = str(error)
        if refusal:
            assert refusal.endswith(".")
            assert self.everything() == before

    def everything(self) -> list[Any]:
        rows = [list(Task.objects.order_by("pk").values())]
        return [*rows, Task.history.count(), User.history.count()]

    @rule(queue=NUMBERS, priority=st.sampled_from(Priority.values), minutes=st.integers(-60, 60))
    def a_task_arrives(self, queue: int, priority: int, minutes: int) -> None:
        task = Task(
            reference=f"T-{len(self.tasks)}",
            name="Check it",
            queue=self.queues[queue % 3],
            priority=priority,
            due_at=timezone.now() + timedelta(minutes=minutes),
        )
        task.arrive(timezone.now())
        task.save()
        self.tasks.append(task.pk)

    @rule(who=NUMBERS)
    def sign_in(self, who: int) -> None:
        actions.sign_in(self.person(who).pk)

    @rule(who=NUMBERS)
    def sign_out(self, who: int) -> None:
        actions.sign_out(self.person(who).pk, by=self.person(who), reason="home")

    @rule(who=NUMBERS, reason=st.sampled_from(["lunch", "training"]))
    def take_a_break(self, who: int, reason: str) -> None:
        someone = self.person(who)
        self.attempt(0, lambda _: actions.take_break(someone.pk, by=someone, reason=reason))

    @rule(who=NUMBERS)
    def come_back(self, who: int) -> None:
        actions.come_back(self.person(who).pk, by=self.person(who))

    @rule(task=NUMBERS, who=NUMBERS)
    def claim(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.claim(pk, by=self.person(who)))

    @rule(task=NUMBERS, who=NUMBERS)
    def start(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.start(pk, by=self.person(who)))

    @rule(task=NUMBERS, who=NUMBERS)
    def open(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.open_task(pk, by=self.person(who)))

    @rule(task=NUMBERS, who=NUMBERS, version=st.sampled_from([None, 0, 1]))
    def type_notes(self, task: int, who: int, version: int | None) -> None:
        text = f"by {who}"
        self.attempt(
            task, lambda pk: actions.save_draft(pk, text, by=self.person(who), version=version)
        )

    @rule(task=NUMBERS, who=NUMBERS)
    def scan(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.scan(f"T-{task}", by=self.person(who)))

    @rule(who=NUMBERS)
    def ask_the_api(self, who: int) -> None:
        someone = User.objects.get(pk=self.person(who).pk)
        actions.back_at_work(someone)
        actions.deliver(someone)

    @rule(task=NUMBERS, who=NUMBERS)
    def undo(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.undo(pk, by=self.person(who)))

    @rule(task=NUMBERS, who=NUMBERS, outcome=st.sampled_from(["passed", "failed"]))
    def correct(self, task: int, who: int, outcome: str) -> None:
        values = {"outcome": outcome, "notes": "looked again", "reason": "wrong key"}
        self.attempt(task, lambda pk: actions.correct(pk, by=self.person(who), **values))

    @rule(task=NUMBERS, who=NUMBERS, outcome=st.sampled_from(["passed", "failed", "perhaps"]))
    def complete(self, task: int, who: int, outcome: str) -> None:
        self.attempt(task, lambda pk: actions.complete(pk, by=self.person(who), outcome=outcome))

    @rule(task=NUMBERS)
    def complete_by_its_holder(self, task: int) -> None:
        def finish(pk: int) -> None:
            holder = Task.objects.get(pk=pk).assignee
            if holder is not None:
                actions.complete(pk, by=holder)

        self.attempt(task, finish)

    @rule(task=NUMBERS, who=NUMBERS)
    def release(self, task: int, who: int) -> None:
        self.attempt(task, lambda pk: actions.release(pk, by=self.person(who), reason="too dark"))

    @rule(task=NUMBERS, transition=STEERING, reason=st.sampled_from(["because", ""]))
    def the_manager_steers(self, task: int, transition: Callable[..., Any], reason: str) -> None:
        self.attempt(task, lambda pk: transition(pk, by=self.manager, reason=reason))

    @rule(task=NUMBERS, transition=STEERING, who=NUMBERS)
    def somebody_else_tries_to(self, task: int, transition: Callable[..., Any], who: int) -> None:
        self.attempt(task, lambda pk: transition(pk, by=self.person(who), reason="because"))

    @rule(task=NUMBERS)
    def resume(self, task: int) -> None:
        self.attempt(task, lambda pk: actions.resume(pk, by=self.manager))

    @rule(task=NUMBERS, who=NUMBERS)
    def assign(self, task: int, who: int) -> None:
        to = self.person(who).pk
        self.attempt(task, lambda pk: actions.assign(pk, to, by=self.manager, reason="knows it"))

    @rule(queue=NUMBERS, paused=st.booleans())
    def pause_or_unpause(self, queue: int, paused: bool) -> None:
        change = actions.pause if paused else actions.unpause
        change(self.queues[queue % 3].pk, by=self.manager, reason="audit")

    @rule(who=NUMBERS)
    def vanish(self, who: int) -> None:
        sweeps.sign_out_if_unseen([self.person(who).pk], timezone.now() + timedelta(hours=1))

    @rule(task=NUMBERS)
    def fall_asleep(self, task: int) -> None:
        later = timezone.now() + timedelta(hours=1)
        self.attempt(task, lambda pk: sweeps.return_if_not_started(pk, later))

    @rule(task=NUMBERS)
    def fall_silent(self, task: int) -> None:
        later = timezone.now() + timedelta(hours=3)
        self.attempt(task, lambda pk: sweeps.return_if_silent(pk, later))

    @rule(who=NUMBERS)
    def lose_all_queues(self, who: int) -> None:
        someone = self.person(who).pk
        actions.return_tasks(someone, by=self.manager, reason="no longer on Invoices")

    @rule()
    def sweep(self) -> None:
        sweeps.sweep()
        assert not any(sweeps.sweep().values())

    @invariant()
    def nothing_is_broken(self) -> None:
        assert list(invariants.broken()) == []


@pytest.mark.django_db
def test_any_order_of_transitions_keeps_the_invariants() -> None:
    run_state_machine_as_test(
        Floor,
        settings=settings(
            max_examples=5,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
