"""Logs as JSON: each line of each process is one object, with no secret in it."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.test import Client

from config.logs import logging_settings
from qc import tasks
from qc.core.log_lines import JsonFormatter
from qc.core.request_id import RequestFilter
from qc.models import User
from qc.web.errors import WithoutTraceback
from tests.databases import on_sqlite
from tests.waiting import until

pytestmark = [pytest.mark.django_db, on_sqlite]

ROOT = Path(__file__).parents[2]
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Return all lines that are logged, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestFilter())
    handler.addFilter(WithoutTraceback())
    root, ours = (
        logging.getLogger(),
        [logging.getLogger(f"qc.{one}") for one in ("requests", "jobs")],
    )
    root.addHandler(handler)
    for one in ours:
        one.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    for one in ours:
        one.setLevel(logging.WARNING)


def of(lines: Lines, logger: str) -> list[dict[str, Any]]:
    return [one for one in lines() if one["logger"] == logger]


def test_request_has_one_line_without_its_query(client: Client, anna: User, lines: Lines) -> None:
    client.force_login(anna)
    answer = client.get("/admin/my-work/?token=secret", headers={"X-Request-ID": "from-proxy-1"})
    [line] = of(lines, "qc.requests")
    assert line["request_id"] == "from-proxy-1"
    assert (line["method"], line["path"]) == ("GET", "/admin/my-work/")
    assert (line["status"], line["person"]) == (answer.status_code, anna.pk)
    assert 0 < line["duration"] < 60
    assert "secret" not in json.dumps(lines())


def test_request_with_a_token_has_its_person(client: Client, anna: User, lines: Lines) -> None:
    signed_in = client.post("/login/", {"username": "anna", "password": "demo"}, "application/json")
    token = signed_in.json()["token"]
    client.get("/dashbord/", headers={"Authorization": f"Token {token}"})
    assert [(one["path"], one.get("person")) for one in of(lines, "qc.requests")] == [
        ("/login/", None),
        ("/dashbord/", anna.pk),
    ]
    assert token not in json.dumps(lines())


def test_error_is_one_object_with_its_traceback(
    client: Client, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(request: HttpRequest) -> None:
        raise ValueError("first line\nsecond line")

    client.raise_request_exception = False
    monkeypatch.setattr("qc.web.probes.PROBES", {"/fails": fails})
    assert client.get("/fails").status_code == 500
    [line] = [one for one in lines() if "exception" in one]
    assert line["exception"]["type"] == "builtins.ValueError"
    assert line["exception"]["message"] == "first line\nsecond line"
    assert "in fails" in line["exception"]["traceback"]
    [access] = of(lines, "qc.requests")
    assert (access["status"], access["request_id"]) == (500, line["request_id"])


def test_job_has_one_line(lines: Lines) -> None:
    tasks.sweep()
    [line] = of(lines, "qc.jobs")
    assert (line["job"], line["failed"], line["result"]["assigned"]) == ("sweep", 0, 0)
    assert line["duration"] >= 0


def test_line_inside_a_job_names_it(lines: Lines) -> None:
    tasks.prove()
    tasks.tidy()
    assert [one["job"] for one in of(lines, "qc.tasks")] == ["prove", "tidy"]


def test_as_text_requests_and_jobs_are_left_to_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_LOG_FORMAT", "line")
    loggers = logging_settings()["loggers"]
    assert {loggers[name]["level"] for name in ("qc.requests", "qc.jobs")} == {"WARNING"}
    monkeypatch.setenv("QC_LOG_FORMAT", "json")
    assert "qc.requests" not in logging_settings()["loggers"]


def test_other_formats_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QC_LOG_FORMAT", "xml")
    with pytest.raises(ImproperlyConfigured, match=r"QC_LOG_FORMAT='xml'.*json, line"):
        logging_settings()


def test_each_line_of_web_worker_and_beat_is_json(tmp_path: Path, transactional_db: None) -> None:
    from tests.system.site import Site

    site = Site(tmp_path, variables={"QC_LOG_FORMAT": "json", "WEB_CONCURRENCY": "1"})
    try:
        site.start("web")
        until(site.answers, within=60)
        site.start("beat")
        for kind in ("worker", "sweeper"):
            if kind in _processes():
                site.start(kind)
        requests.get(f"{site.url}/no-such-page?name=secret", timeout=5)
        until(lambda: '"job": "sweep"' in _printed(site), within=60)
        for name in list(site.processes):
            site.terminate(name)
    finally:
        site.stop()
    # Celery writes this by itself when it is asked to end, past all that logs.
    printed = _printed(site).replace("\nworker: Warm shutdown (MainProcess)\n", "").splitlines()
    assert [line for line in printed if not line.startswith('{"time"')] == []
    found = [json.loads(line) for line in printed]
    loggers = {one["logger"] for one in found}
    assert {"gunicorn.error", "qc.requests", "qc.jobs"} <= loggers
    assert any(name.startswith("celery") for name in loggers)
    assert "secret" not in _printed(site)


def _processes() -> dict[str, str]:
    from tests.system.site import PROCFILE

    return dict(PROCFILE)


def _printed(site: Any) -> str:
    return "".join(log.read_text() for log in site.folder.glob("*.log"))
