"""`make postman`: newman sends the whole collection of the API to a site with the demo's data."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.management import call_command

from qc.api.schema import generator
from qc.models import Scope, User
from tests import described, service_tokens
from tests.system.site import ROOT, Site, is_embedded

pytestmark = [
    pytest.mark.skipif(not is_embedded(), reason="the demo is for the embedded default"),
    pytest.mark.skipif(
        not shutil.which("npm"), reason="there is no npm on this machine: apt-get install -y npm"
    ),
]

# What the demo has none of, and what is for managers: everything else is there to be read.
NOT_READ = {"task_file", "read_file", "plan_picture", "read_picture", "follow_import"}
# What succeeds whatever the demo's tasks are like.
DONE = {
    *("login", "logout", "create_tasks", "change_task", "comment_on_task"),
    *("put_task_on_hold", "resume_task", "cancel_task", "reopen_task"),
    *("be_present", "be_away", "pause_queue", "resume_queue", "import_file", "undo_import"),
}


class Answer(NamedTuple):
    """What newman got for a request."""

    operation: str
    code: int
    kind: str
    body: bytes


def sent_to(site: Site) -> dict[str, Any]:
    """Send the collection as `make postman` does; return what newman saw."""
    admin = User.objects.get(username="admin")
    _token, secret = service_tokens.make(admin, *Scope)
    asked = {"QC": site.url, "TOKEN": secret, "PERSON": "qc1", "PASSWORD": "demo"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.postman"],
        cwd=ROOT,
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = Path(settings.VAR_DIR) / "postman" / "report.json"
    run: dict[str, Any] = json.loads(report.read_text())["run"]
    return run


def answers(run: dict[str, Any]) -> Iterator[Answer]:
    for one in run["executions"]:
        got = one["response"]
        [*kinds] = (each["value"] for each in got["header"] if each["key"] == "Content-Type")
        operation = one["item"]["id"].partition("/")[0]
        yield Answer(operation, got["code"], "".join(kinds), bytes(got["stream"]["data"]))


def test_each_request_of_the_collection_is_answered_as_the_schema_says(site: Site) -> None:
    call_command("load_demo")
    site.start_web()
    run = sent_to(site)

    schema = json.loads(json.dumps(generator.schema()))
    calls = [each for item in schema["paths"].values() for each in item.items()]
    operations = {operation["operationId"]: operation for _method, operation in calls}
    requests, assertions = run["stats"]["requests"], run["stats"]["assertions"]
    assert requests["total"] >= len(operations)
    assert assertions["total"] == 2 * requests["total"]
    assert requests["failed"] == assertions["failed"] == 0

    found = list(answers(run))
    assert {one.operation for one in found} == operations.keys()
    for one in found:
        faults = described.faults(schema, operations[one.operation], *one[1:])
        assert faults == [], one
    succeeded = {one.operation for one in found if one.code < 300}
    reads = {operation["operationId"] for method, operation in calls if method == "get"}
    assert (reads - NOT_READ | DONE) - succeeded == set()
