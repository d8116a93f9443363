"""Receivers that are slow hold threads of a worker, but never all of them."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from typing import Any

import pytest

from qc import webhooks
from qc.models import DeliveryState, Queue, Task
from qc.webhooks import log
from tests.databases import on_mariadb
from tests.system.site import Site
from tests.waiting import until
from tests.webhooks.conftest import Receiver, serving

HERE = "127.0.0.0/8"
# How long the slow ones take, and in which time the quick one gets an event at the latest.
SLOW_SECONDS, QUICK_SECONDS = 7, 3.5


@pytest.fixture
def receivers(settings: Any) -> Iterator[list[Receiver]]:
    settings.QC_ALERT_NETWORKS = [ip_network(HERE)]
    with ExitStack() as stack:
        yield [stack.enter_context(serving()) for _ in range(3)]


def answer_slowly(receiver: Receiver) -> None:
    """Let a receiver answer each message after so many seconds."""
    receiver.may_answer = _Delay()


class _Delay:
    def wait(self, _longest: float) -> None:
        time.sleep(SLOW_SECONDS)

    def set(self) -> None:
        """Nothing: whoever waits goes on by itself."""


@on_mariadb
def test_quick_receiver_gets_its_events_at_once_while_two_slow_ones_are_sent_to(
    site: Site, receivers: list[Receiver], queue: Queue, pile: Callable[..., list[Task]]
) -> None:
    site.variables = {
        "QC_ALERT_NETWORKS": HERE,
        "QC_WEBHOOK_SECONDS": "1",
        "QC_WORKER_THREADS": "2",
    }
    *slow, quick = receivers
    for receiver in slow:
        answer_slowly(receiver)
    log.collect()
    made = [webhooks.create(by=None, name=one.url, url=one.url)[0] for one in receivers]
    pile(queue, 20)
    site.start_jobs()
    # By one attempt it is known who is slow.
    done = [one.deliveries.filter(state=DeliveryState.DONE) for one in made]
    until(lambda: all(one.exists() for one in done) and len(quick.got) == 20, within=60)

    waited = []
    for n in range(21, 29):
        begun = time.monotonic()
        pile(queue, 1)
        until(lambda n=n: len(quick.got) == n, within=30)
        waited.append(time.monotonic() - begun)
        time.sleep(1)
    assert max(waited) < QUICK_SECONDS, waited
    # And of the slow ones none is forgotten.
    until(lambda: all(len(receiver.got) > 2 for receiver in slow), within=60)
