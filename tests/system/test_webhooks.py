"""Webhooks and the live feed among real processes: killed in the middle, told to end."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import requests
from django.utils import timezone
from knox.models import get_token_model
from standardwebhooks import Webhook as Verifier

from qc import webhooks
from qc.models import DeliveryState, Queue, Task, User, Webhook
from qc.webhooks import log
from qc.work import lifecycle
from tests.databases import on_mariadb
from tests.system.site import Site
from tests.waiting import until
from tests.webhooks.conftest import Receiver, serving

TASKS = 20
HERE = "127.0.0.0/8"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.QC_ALERT_NETWORKS = [ip_network(HERE)]
    with serving() as server:
        yield server


@on_mariadb
def test_killed_worker_loses_no_event_and_no_order(
    site: Site, receiver: Receiver, queue: Queue, pile: Callable[..., list[Task]], mona: User
) -> None:
    site.variables = {"QC_ALERT_NETWORKS": HERE, "QC_WEBHOOK_SECONDS": "1"}
    log.collect()
    webhook, secret = webhooks.create(by=None, name="ERP", url=receiver.url)
    tasks = pile(queue, TASKS)
    for task in tasks:
        lifecycle.hold(task.pk, by=mona, reason="Wait")
    site.start("worker", "first")
    site.start_sweeps()
    until(lambda: len(receiver.got) > TASKS // 2, within=60)
    # It dies while it waits for an answer.
    receiver.may_answer.clear()
    begun = len(receiver.got)
    until(lambda: len(receiver.got) > begun + 1, within=60)
    site.kill("first")
    receiver.may_answer.set()

    site.start("worker", "second")
    Webhook.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    waiting = webhook.deliveries.exclude(state=DeliveryState.DONE)
    until(lambda: webhook.deliveries.count() == 2 * TASKS and not waiting.exists(), within=60)

    for message in receiver.got:
        Verifier(secret).verify(message.body, message.headers)
    first_of_each = {message.id: message for message in reversed(receiver.got)}
    in_order = [one for one in receiver.got if first_of_each.pop(one.id, None)]
    for task in tasks:
        types = [one.type for one in in_order if one.data["id"] == task.pk]
        assert types == ["task.created", "task.held"]


@on_mariadb
def test_waiting_reader_is_answered_when_the_site_is_told_to_end(
    site: Site, queue: Queue, mona: User, pile: Callable[..., list[Task]]
) -> None:
    # One may wait; who asks meanwhile is told to come again.
    site.variables = {"QC_WEB_PROCESSES": "1", "QC_WEB_THREADS": "4"}
    log.collect()
    _token, key = get_token_model().objects.create(user=mona)
    headers = {"Authorization": f"Token {key}"}
    site.start_web()
    url = f"{site.url}/api/v1/events/"

    def read(**params: str) -> requests.Response:
        return requests.get(url, params, headers=headers, timeout=60)

    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(read, after=read().json()["next"], wait="25")
        pile(queue, 1)
        page = waiting.result().json()
        assert [one["type"] for one in page["events"]] == ["task.created"]
        waiting = threads.submit(read, after=page["next"], wait="25")
        while "Retry-After" not in read(after=page["next"], wait="1").headers:
            if waiting.done():  # The other one was faster.
                waiting = threads.submit(read, after=page["next"], wait="25")
        site.terminate("web")
        assert waiting.result().json()["events"] == []
