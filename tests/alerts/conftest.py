"""An alert about late invoices, a chat that listens, and a mail server of Django's."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from threading import Thread
from typing import Any

import pytest
from django.utils import timezone

from qc.models import Alert, Queue, Task

LEAD = "lead@example.com"


class Chat(ThreadingHTTPServer):
    """A chat's webhook on this machine: it keeps what it is told, and answers as it should."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.heard: list[str] = []
        self.answer = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/secret"


class Listener(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(json.loads(body)["text"])
        self.send_response(self.server.answer)
        self.send_header("Location", self.server.url)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def chat(settings: Any) -> Iterator[Chat]:
    settings.QC_ALERT_NETWORKS = [ip_network("127.0.0.0/8")]
    server = Chat()
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def mail_server(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.example.com"


@pytest.fixture
def late_invoices(invoices: Queue) -> Alert:
    """An alert to the lead when more than one invoice is late."""
    return Alert.objects.create(name="Late", queue=invoices, late_more_than=1, emails=LEAD)


@pytest.fixture
def add_late(add_task: Callable[..., Task], invoices: Queue) -> Callable[[], Task]:
    """Make a waiting invoice that is past due."""
    return lambda: add_task(invoices, due_at=timezone.now() - timedelta(hours=1))
