"""Sentry gets what went wrong, from requests and jobs, and nothing of whom it was about.

A process of its own reports to a server of this test's, with the real SDK.
"""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import sentry

ROOT = Path(__file__).parents[2]

PROGRAM = """
import io, json, logging, os
from wsgiref.util import setup_testing_defaults
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.db import OperationalError
from django.core.wsgi import get_wsgi_application
from qc import tasks
from qc.core.exceptions import Busy
from qc.models import User
from qc.work import actions
import sentry_sdk

anna = User.objects.create_superuser("anna-surname", "anna@example.com", "a-secret-password")
application = get_wsgi_application()


def fail(error):
    def failing(*_args, **_more):
        notes = "secret notes of a task"
        raise error

    return failing


def post():
    body = json.dumps({"username": "anna-surname", "password": "a-secret-password"}).encode()
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/login/", "QUERY_STRING": "q=secret-query"}
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ |= {"CONTENT_TYPE": "application/json", "HTTP_HOST": "localhost"}
    environ |= {"HTTP_X_REQUEST_ID": "request-17", "HTTP_AUTHORIZATION": "Token secret-token"}
    environ |= {"HTTP_COOKIE": "sessionid=secret-session"}
    setup_testing_defaults(environ)
    for _ in application(environ, lambda *_: None):
        pass


from qc.api import views

views.LoginView.post = fail(ValueError("expected event: request"))
post()
views.LoginView.post = fail(OperationalError(2013, "Lost connection"))
post()
tasks.sweeps.sweep = fail(RuntimeError("expected event: job"))
tasks.sweep.apply()
tasks.sweeps.sweep = fail(OperationalError(2013, "Lost connection"))
tasks.sweep.apply()
tasks.sweeps.sweep = fail(Busy())
tasks.sweep.apply()
logging.getLogger("qc").error("expected event: log")
logging.getLogger("qc").warning("no event")
sentry_sdk.flush()
"""


# What Sentry's client compresses by, as the libraries are there.
UNPACK: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}


class Sink(BaseHTTPRequestHandler):
    """Keeps what it is sent, as text."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        unpacked = UNPACK[self.headers["Content-Encoding"]](body)
        self.server.received.append(unpacked.decode())  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def sink() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Sink)
    server.received = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(folder: Path, dsn: str) -> None:
    """Run the program on a database of its own."""
    unwanted = ("DATABASE_URL", "REDIS_URL", "QC_HTTPS")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment = kept | {"QC_VAR_DIR": str(folder), "SENTRY_DSN": dsn}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_errors_are_reported_and_nothing_of_whom(sink: HTTPServer, tmp_path: Path) -> None:
    run(tmp_path, f"http://public@127.0.0.1:{sink.server_port}/1")
    received: list[str] = sink.received  # type: ignore[attr-defined]
    # An envelope is a header, the header of an item, and the item.
    events = [json.loads(one.splitlines()[2]) for one in received if '"type":"event"' in one]
    texts = [_text(event) for event in events]
    assert texts == ["expected event: request", "expected event: job", "expected event: log"]
    request, job, _log = events
    assert request["tags"]["request_id"] == "request-17"
    assert request["request"] == {"method": "POST", "url": "http://localhost/login/"}
    assert job["transaction"] == "qc.tasks.sweep"
    assert job["tags"]["request_id"]
    for secret in ("secret", "anna", "example.com", "sessionid"):
        assert secret not in "\n".join(received)


def test_address_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "https://secret-key/no-number")
    with pytest.raises(ImproperlyConfigured, match="SENTRY_DSN") as refused:
        sentry.start()
    assert "secret-key" not in str(refused.value)


def _text(event: dict[str, Any]) -> str:
    if "exception" in event:
        return str(event["exception"]["values"][-1]["value"])
    return str(event["logentry"].get("formatted") or event["logentry"]["message"])
