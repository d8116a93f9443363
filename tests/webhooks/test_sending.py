"""How events reach a receiver: each at least once, in order by task, and nowhere they must not."""

import socket
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from standardwebhooks import Webhook as Verifier

from qc import webhooks
from qc.core import pinned_http
from qc.core.exceptions import NotAllowed
from qc.core.pinned_http import Limits
from qc.models import (
    AuditEvent,
    DeliveryState,
    Queue,
    Task,
    User,
    Webhook,
    WebhookDelivery,
)
from qc.webhooks import attempts, bodies, fanout, log, retries, sending, slow
from qc.work import lifecycle
from tests.webhooks.conftest import Receiver, let_time_pass, send

AddTask = Callable[..., Task]
AddWebhook = Callable[..., Webhook]


def state_of(webhook: Webhook) -> list[tuple[str, int]]:
    return list(webhook.deliveries.order_by("pk").values_list("state", "attempts"))


def refreshed(webhook: Webhook) -> Webhook:
    webhook.refresh_from_db()
    return webhook


class TestOrder:
    def test_events_of_a_task_arrive_once_and_in_order(
        self, erp: Webhook, receiver: Receiver, mona: User, add_task: AddTask, invoices: Queue
    ) -> None:
        task = add_task(invoices)
        lifecycle.hold(task.pk, by=mona, reason="Wait")
        lifecycle.resume(task.pk, by=mona)
        assert send() == {"sent": 3, "failed": 0}
        assert receiver.types == ["task.created", "task.held", "task.resumed"]
        assert send() == {"sent": 0, "failed": 0}
        assert (
            receiver.got[1].data
            | {
                "reference": task.reference,
                "queue": "Invoices",
                "status": "on_hold",
                "by": "mona",
                "reason": "Wait",
            }
            == receiver.got[1].data
        )

    def test_task_whose_event_fails_waits_and_others_go_on(
        self, erp: Webhook, receiver: Receiver, mona: User, add_task: AddTask, invoices: Queue
    ) -> None:
        first, second = add_task(invoices), add_task(invoices)
        lifecycle.hold(first.pk, by=mona, reason="Wait")
        receiver.answers = [500]
        assert send() == {"sent": 1, "failed": 1}
        assert [one.data["id"] for one in receiver.got] == [first.pk, second.pk]
        let_time_pass()
        assert send() == {"sent": 2, "failed": 0}
        assert receiver.types == ["task.created"] * 3 + ["task.held"]
        ids = [one.id for one in receiver.got]
        assert ids[0] == ids[2]
        assert receiver.got[0].body == receiver.got[2].body

    def test_what_is_given_up_lets_the_next_of_its_task_go(
        self, erp: Webhook, receiver: Receiver, mona: User, add_task: AddTask, invoices: Queue
    ) -> None:
        task = add_task(invoices)
        lifecycle.hold(task.pk, by=mona, reason="Wait")
        receiver.answers = [400] * retries.MOST_REFUSED
        for _ in range(retries.MOST_REFUSED):
            assert send()["failed"] == 1
            let_time_pass()
        assert receiver.types == ["task.created"] * 3 + ["task.held"]
        assert state_of(erp) == [(DeliveryState.FAILED, 3), (DeliveryState.DONE, 1)]

    def test_worker_that_died_leaves_the_event_to_another(
        self, erp: Webhook, receiver: Receiver, add_task: AddTask, invoices: Queue
    ) -> None:
        add_task(invoices)
        send()
        # As if it had died before it could write down that the event was taken.
        WebhookDelivery.objects.update(state=DeliveryState.PENDING, next_at=timezone.now())
        Webhook.objects.update(busy_until=timezone.now() + timedelta(seconds=30))
        assert send()["sent"] == 0
        Webhook.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
        assert send()["sent"] == 1
        assert len({one.id for one in receiver.got}) == 1


class TestAnswers:
    def test_redirect_is_a_failure_and_not_followed(
        self, erp: Webhook, receiver: Receiver, add_task: AddTask, invoices: Queue
    ) -> None:
        receiver.answer, receiver.headers = 302, {"Location": receiver.url}
        add_task(invoices)
        assert send()["failed"] == 1
        assert len(receiver.got) == 1
        assert erp.deliveries.get().status == 302

    def test_gone_switches_off_and_drops_what_waits(
        self, erp: Webhook, receiver: Receiver, root: User, add_task: AddTask, invoices: Queue
    ) -> None:
        receiver.answers = [410]
        for _ in range(2):
            add_task(invoices)
        assert send() == {"sent": 0, "failed": 1}
        assert refreshed(erp).switched_off_at is not None
        assert state_of(erp) == [(DeliveryState.FAILED, 1), (DeliveryState.DROPPED, 0)]
        assert AuditEvent.objects.latest("pk").details["after"] == {"switched_off_at": True}
        add_task(invoices)
        assert send() == {"sent": 0, "failed": 0}
        webhooks.switch_on(erp.pk, by=root)
        add_task(invoices)
        assert send() == {"sent": 1, "failed": 0}

    @pytest.mark.parametrize("status", [429, 502, 504])
    def test_address_that_asks_for_it_is_left_alone_as_long_as_it_says(
        self,
        status: int,
        erp: Webhook,
        receiver: Receiver,
        add_task: AddTask,
        invoices: Queue,
    ) -> None:
        receiver.answers, receiver.headers = [status], {"Retry-After": "120"}
        for _ in range(2):
            add_task(invoices)
        assert send() == {"sent": 0, "failed": 1}
        next_at = refreshed(erp).next_at
        assert next_at is not None
        assert timedelta(seconds=110) < next_at - timezone.now() <= timedelta(seconds=120)
        assert send() == {"sent": 0, "failed": 0}
        Webhook.objects.update(next_at=timezone.now())
        # What failed because the address was not there need not wait any longer either.
        assert send() == {"sent": 2, "failed": 0}

    def test_answer_is_kept_up_to_its_limit(
        self, erp: Webhook, receiver: Receiver, add_task: AddTask, invoices: Queue
    ) -> None:
        add_task(invoices)
        send()
        answer = erp.deliveries.get().answer
        assert answer.startswith("thank you")
        assert len(answer) == attempts.LIMITS.bytes

    def test_slow_receiver_is_broken_off_and_stops_no_other(
        self,
        add_webhook: AddWebhook,
        receiver: Receiver,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(attempts, "LIMITS", Limits(5, 0.2, 2000))
        with socket.create_server(("127.0.0.1", 0)) as silent:
            slow = add_webhook(name="A", url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
            quick = add_webhook(name="B")
            for _ in range(3):
                add_task(invoices)
            assert send() == {"sent": 3, "failed": 1}
        assert refreshed(slow).last_error == "no answer in time"
        assert refreshed(slow).next_at is not None
        assert {state for state, _n in state_of(quick)} == {DeliveryState.DONE}

    def test_receiver_that_is_slow_each_time_gets_one_event_in_a_run(
        self,
        erp: Webhook,
        receiver: Receiver,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(slow, "SECONDS", 0)
        for _ in range(2):
            add_task(invoices)
        assert [send() for _run in range(3)] == [
            {"sent": 1, "failed": 0},
            {"sent": 1, "failed": 0},
            {"sent": 0, "failed": 0},
        ]

    def test_slow_receivers_leave_a_thread_to_others(
        self,
        add_webhook: AddWebhook,
        receiver: Receiver,
        settings: Any,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.CELERY_WORKER_CONCURRENCY = 2
        slow_ones = [add_webhook(name=name).pk for name in "AB"]
        monkeypatch.setattr(slow, "_slow_at", dict.fromkeys(slow_ones, time.monotonic()))
        quick = add_webhook(name="C").pk
        add_task(invoices)
        log.collect()
        with slow.place(slow_ones[0]) as is_free:
            sent = [sending.run(pk)["sent"] for pk in (slow_ones[1], quick)]
        assert (is_free, sent) == (True, [0, 1])
        # Nobody has to wait until it is asked for.
        assert set(sending.to_run()) == set(slow_ones)
        assert [sending.run(pk)["sent"] for pk in slow_ones] == [1, 1]

    def test_receiver_that_is_not_there_gets_all_when_it_is(
        self, erp: Webhook, receiver: Receiver, add_task: AddTask, invoices: Queue
    ) -> None:
        url = erp.url
        Webhook.objects.update(url="http://127.0.0.1:9/")
        for _ in range(3):
            add_task(invoices)
        assert send() == {"sent": 0, "failed": 1}
        Webhook.objects.update(url=url, next_at=timezone.now())
        assert send() == {"sent": 3, "failed": 0}

    def test_dead_address_piles_up_no_more_deliveries_than_are_made_at_once(
        self,
        erp: Webhook,
        receiver: Receiver,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(fanout, "BATCH", 2)
        receiver.answers = [502] * 2
        tasks = [add_task(invoices).pk for _ in range(5)]
        for _ in range(2):
            send()
            let_time_pass()
        assert erp.deliveries.count() == 2
        assert send() == {"sent": 5, "failed": 0}
        assert [one.data["id"] for one in receiver.got[2:]] == tasks

    def test_pauses_are_those_of_standard_webhooks_and_end(self) -> None:
        pauses = [retries.again_after(n, 500) for n in range(1, 11)]
        assert pauses[-1] is None
        for pause, least in zip(pauses, retries.PAUSES, strict=False):
            assert pause is not None
            assert least <= pause <= least * 1.2
        assert retries.again_after(retries.MOST_REFUSED, 404) is None
        assert retries.again_after(retries.MOST_REFUSED, 429) is not None

    def test_retry_after_may_be_a_moment_and_is_capped(self) -> None:
        now = datetime.fromisoformat("2026-11-27T10:00:00+00:00")
        for text, expected in (
            ("Fri, 27 Nov 2026 10:02:00 GMT", timedelta(minutes=2)),
            ("999999999999", retries.LONGEST_RETRY_AFTER),
            ("soon", retries.PAUSES[0]),
        ):
            assert retries.leave_alone_for(429, {"retry-after": text}, 1, now) == expected
        assert retries.leave_alone_for(500, {}, 1, now) is None
        assert retries.leave_alone_for(500, {}, 50, now) == retries.LONGEST_PAUSE


class TestPlaces:
    def test_name_that_points_inside_at_its_second_look_up_gets_nothing_there(
        self,
        add_webhook: AddWebhook,
        receiver: Receiver,
        settings: Any,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        settings.QC_ALERT_NETWORKS = []
        looked_up = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
        places = []

        def resolve(_host: str, port: int, **_more: Any) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(looked_up), port))]

        def connect(place: Any, *_more: Any) -> None:
            places.append(place[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(pinned_http.socket, "getaddrinfo", resolve)
        monkeypatch.setattr(pinned_http.socket, "create_connection", connect)
        webhook = add_webhook(url=f"https://erp.example.com:{receiver.server_port}/hook")
        add_task(invoices)
        assert send()["failed"] == 1
        let_time_pass()
        assert send()["failed"] == 1
        assert places == ["93.184.216.34"]
        assert receiver.got == []
        assert "private networks" in refreshed(webhook).last_error

    def test_webhook_hears_only_what_it_is_to_hear(
        self,
        add_webhook: AddWebhook,
        receiver: Receiver,
        mona: User,
        add_task: AddTask,
        invoices: Queue,
        labels: Queue,
    ) -> None:
        webhook = add_webhook(types=["task.held"], queues=[labels])
        for queue in (invoices, labels):
            lifecycle.hold(add_task(queue).pk, by=mona, reason="Wait")
        send()
        assert [(one.type, one.data["queue"]) for one in receiver.got] == [("task.held", "Labels")]
        # None left is none, and not all.
        webhook.queues.clear()
        lifecycle.hold(add_task(invoices).pk, by=mona, reason="Wait")
        assert send() == {"sent": 0, "failed": 0}

    def test_what_is_not_wanted_any_more_is_dropped(
        self, erp: Webhook, receiver: Receiver, root: User, add_task: AddTask, invoices: Queue
    ) -> None:
        receiver.answers = [500]
        add_task(invoices)
        send()
        webhooks.change(erp.pk, by=root, types=["task.completed"])
        let_time_pass()
        assert send() == {"sent": 0, "failed": 0}
        assert erp.deliveries.get().state == DeliveryState.DROPPED

    def test_paused_webhook_gets_later_what_has_waited(
        self, erp: Webhook, receiver: Receiver, root: User, add_task: AddTask, invoices: Queue
    ) -> None:
        webhooks.pause(erp.pk, by=root)
        add_task(invoices)
        assert send() == {"sent": 0, "failed": 0}
        assert receiver.got == []
        webhooks.resume(erp.pk, by=root)
        assert send() == {"sent": 1, "failed": 0}


class TestSignatures:
    def test_receivers_verify_by_either_secret_while_it_changes(
        self,
        receiver: Receiver,
        root: User,
        erp: Webhook,
        add_task: AddTask,
        invoices: Queue,
    ) -> None:
        first = webhooks.rotate(erp.pk, by=root)
        second = webhooks.rotate(erp.pk, by=root)
        add_task(invoices, name="Prüfung “ä”")
        send()
        [message] = receiver.got
        for secret in (first, second):
            Verifier(secret).verify(message.body, message.headers)
        Webhook.objects.update(previous_until=timezone.now())
        add_task(invoices)
        send()
        message = receiver.got[-1]
        Verifier(second).verify(message.body, message.headers)
        with pytest.raises(Exception, match="No matching signature"):
            Verifier(first).verify(message.body, message.headers)

    def test_secret_is_neither_stored_nor_recorded_as_it_is(self, erp: Webhook, root: User) -> None:
        secret = webhooks.rotate(erp.pk, by=root)
        assert secret.startswith("whsec_")
        assert secret not in refreshed(erp).secret
        recorded = str(list(AuditEvent.objects.values_list("details", flat=True)))
        assert secret not in recorded
        assert erp.url not in recorded
        assert "127.0.0.1/… (" in recorded

    def test_other_secret_key_is_said_in_words(
        self, erp: Webhook, settings: Any, add_task: AddTask, invoices: Queue
    ) -> None:
        settings.SECRET_KEY = "quite another key, as long as it has to be for tests"
        add_task(invoices)
        assert send()["failed"] == 1
        assert "SECRET_KEY" in refreshed(erp).last_error


class TestBodies:
    def test_long_texts_and_details_are_cut_until_it_fits(
        self, erp: Webhook, receiver: Receiver, add_task: AddTask, invoices: Queue
    ) -> None:
        details = {f"column {n}": "ü" * 900 for n in range(20)}
        add_task(invoices, details=details, instructions="x" * 5000)
        send()
        [message] = receiver.got
        assert len(message.body) < bodies.MOST_BYTES
        assert message.data["cut"] is True
        assert len(message.data["instructions"]) == bodies.LONGEST_TEXT
        assert "details" not in message.data

    def test_task_is_told_as_it_was_then(
        self, erp: Webhook, receiver: Receiver, mona: User, add_task: AddTask, invoices: Queue
    ) -> None:
        task = add_task(invoices)
        lifecycle.hold(task.pk, by=mona, reason="Wait")
        send()
        assert [one.data["status"] for one in receiver.got] == ["pending", "on_hold"]
        assert [one.data["channel"] for one in receiver.got] == ["shell", "shell"]

    def test_row_that_can_not_be_read_is_given_up_and_stops_nothing(
        self,
        erp: Webhook,
        receiver: Receiver,
        add_task: AddTask,
        invoices: Queue,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        broken, _whole = add_task(invoices), add_task(invoices)
        data = bodies._data

        def fail(row: Any) -> Any:
            if row.id == broken.pk:
                raise ValueError
            return data(row)

        monkeypatch.setattr(bodies, "_data", fail)
        assert send() == {"sent": 1, "failed": 0}
        assert sorted(state_of(erp)) == [(DeliveryState.DONE, 1), (DeliveryState.DROPPED, 0)]


class TestByHand:
    def test_test_goes_to_one_webhook_at_once_and_is_logged(
        self, add_webhook: AddWebhook, receiver: Receiver, root: User
    ) -> None:
        one, other = add_webhook(name="A"), add_webhook(name="B")
        delivery = webhooks.send_test(one.pk, by=root)
        assert (delivery.state, delivery.status) == (DeliveryState.DONE, 200)
        assert receiver.types == ["test.ping"]
        assert (one.deliveries.count(), other.deliveries.count()) == (1, 0)

    def test_redelivery_is_the_very_same_message(
        self, erp: Webhook, receiver: Receiver, root: User, add_task: AddTask, invoices: Queue
    ) -> None:
        task = add_task(invoices)
        send()
        Queue.objects.update(name="Renamed")
        webhooks.redeliver(erp.deliveries.get().pk, by=root)
        assert send() == {"sent": 1, "failed": 0}
        first, again = receiver.got
        assert (first.id, first.body) == (again.id, again.body)
        assert first.data["id"] == task.pk

    def test_others_than_superusers_may_nothing(self, erp: Webhook, mona: User) -> None:
        for act in (webhooks.pause, webhooks.rotate, webhooks.delete, webhooks.send_test):
            with pytest.raises(NotAllowed):
                act(erp.pk, by=mona)
