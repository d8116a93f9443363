"""A receiver on this machine that answers as it is told, and a webhook that is told all."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from qc import webhooks
from qc.models import User, Webhook, WebhookDelivery
from qc.webhooks import log, sending


class Message(NamedTuple):
    """What a receiver got."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def type(self) -> str:
        return str(json.loads(self.body)["type"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data


class Receiver(ThreadingHTTPServer):
    """It keeps what it gets; `answers` has its next answers, and `answer` is that of all others."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[Message] = []
        self.answers: list[int] = []
        self.answer = 200
        self.headers: dict[str, str] = {}
        self.may_answer = Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/of-qc"

    @property
    def types(self) -> list[str]:
        return [message.type for message in self.got]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(Message(dict(self.headers), body))
        self.server.may_answer.wait(10)
        answers = self.server.answers
        self.send_response(answers.pop(0) if answers else self.server.answer)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"thank you" + b"!" * 5000)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Receiver]:
    """Start a receiver, and end it."""
    server = Receiver()
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.may_answer.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.QC_ALERT_NETWORKS = [ip_network("127.0.0.0/8")]
    with serving() as server:
        yield server


@pytest.fixture
def add_webhook(db: None, receiver: Receiver) -> Callable[..., Webhook]:
    """Make a webhook, told of what happens from now on."""

    def add(**values: Any) -> Webhook:
        given = {"name": "ERP", "url": receiver.url, **values}
        return webhooks.create(by=None, **given)[0]

    # A test with real transactions begins without a log.
    log.collect()
    return add


@pytest.fixture
def erp(add_webhook: Callable[..., Webhook]) -> Webhook:
    return add_webhook()


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")


def send() -> dict[str, int]:
    """Do what the jobs do for all webhooks, once; return how many were sent and failed."""
    log.collect()
    Webhook.objects.update(queued_until=None)
    counts = {"sent": 0, "failed": 0}
    for pk in sending.to_run():
        for what, n in sending.run(pk).items():
            counts[what] += n
    return counts


def let_time_pass() -> None:
    """Let all that is tried again later be due now, and each address be tried again."""
    now = timezone.now()
    WebhookDelivery.objects.filter(next_at__isnull=False).update(next_at=now)
    Webhook.objects.update(next_at=None)
