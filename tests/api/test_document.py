"""The commands of docs/api.md, one after the other, against a running server."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from docs.qc_desk_client import QCDesk
from qc.audit import service_tokens
from qc.models import Queue, Scope, ServiceToken, Status, Task
from tests.conftest import person
from tests.databases import on_sqlite
from tests.plans import give_plan

pytestmark = [pytest.mark.django_db(transaction=True), on_sqlite]

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def secret(invoices: Queue) -> str:
    """The secret of a machine that may do everything, and works on Invoices."""
    give_plan(invoices, {"key": "label"}, {"key": "torque", "kind": "number", "decimals": 1})
    day = timezone.now() + timedelta(days=1)
    token = ServiceToken(scopes=list(Scope.values), expires_at=day)
    root = person("root", is_superuser=True)
    secret = service_tokens.make(token, "scanner", by=root)
    invoices.people.add(token.account)
    return secret


def commands() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)


def answers(url: str, secret: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield each block of commands with what its calls answered; the first posts `$TASK`."""
    env = os.environ | {"QC": url, "AUTH": f"Authorization: Bearer {secret}"}
    now = QCDesk(url, secret).call("GET", "/api/v1/events/")
    env["NEXT"] = now["next"]
    for block in commands():
        # Each answer in a line of its own.
        script = "set -euo pipefail\n" + block.replace("curl ", r"curl -w '\n' ")
        run = subprocess.run(
            ["bash", "-c", script], env=env, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, f"{block}\n{run.stdout}\n{run.stderr}"
        found = [json.loads(line) for line in run.stdout.splitlines() if line]
        if "TASK" not in env:
            env["TASK"] = str(found[0]["tasks"][0]["id"])
        elif "OTHER" not in env:
            env["OTHER"] = str(found[0]["tasks"][-1]["id"])
        yield block, found


def test_each_command_does_what_the_document_says(live_server: Any, secret: str) -> None:
    said = [found for _block, found in answers(live_server.url, secret)]
    (posted,), (many,), (late,), (updated,), (present, claimed), (done,), *rest = said
    (held, resumed), (report,), (trail,), (events,) = rest
    assert (posted["created"], many["created"]) == (1, 500)
    assert late == {"results": [], "next": None}
    assert set(updated["results"][0]) == {"id", "reference", "status", "outcome"}
    assert [task["reference"] for task in present["tasks"]] == ["INV-2231"]
    assert claimed["task"]["assignee"] == "scanner"
    assert (done["task"]["outcome"], done["next"]["status"]) == ("passed", "assigned")
    assert (held["task"]["status"], resumed["task"]["status"]) == ("on_hold", "pending")
    assert report["rows"]
    assert trail["results"]
    assert events["events"][0]["type"] == "task.created"
    assert Task.objects.filter(status=Status.COMPLETED).count() == 1
