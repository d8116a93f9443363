"""1,000 tasks posted in one call of /api/v1/, against an import of a file of as many."""

import io
import itertools
import json
from typing import Any

from benchmarks import floor
from benchmarks.clients import timed
from benchmarks.imports import file_of, lines, prepare
from benchmarks.report import Table, middle, ms

ROWS = 1_000
ROUNDS = 15
HEADERS = {"Idempotency-Key": '"once"'}


def run() -> Table:
    """Compare in alternating rounds, each on an empty floor."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    table = Table(
        "Posting tasks",
        f"{ROWS:,} new tasks of eight columns in one call of `POST /api/v1/tasks/`, also with an"
        " `Idempotency-Key`, against `POST /api/imports/` with a CSV file of as many; the words by"
        " which they are found included.",
        ["", "a call", "against the import"],
    )
    rounds = [(imported(), posted(), posted(HEADERS)) for _ in range(ROUNDS + 1)][1:]
    names = ("import", "posted", "posted with a key")
    for at, name in enumerate(names):
        ratio = middle([each[at] / each[0] for each in rounds])
        table.rows.append([name, ms(middle([each[at] for each in rounds])), f"{ratio:.2f}"])
        if at:
            table.target(f"cost of {name} against the import", ratio, at_most=1.3)
    return table


def imported() -> float:
    """Return how long a call takes that imports a file."""
    client = _client()
    with file_of(ROWS) as file:
        content = io.BytesIO(file.read())
    content.name = "tasks.csv"
    taken, answer = timed(
        lambda: client.post("/api/imports/", {"file": content}, format="multipart")
    )
    assert answer.json()["new"] == ROWS, answer.content
    return taken


def posted(headers: dict[str, str] | None = None) -> float:
    """Return how long a call takes that posts the same tasks."""
    client, body = _client(), json.dumps(objects())
    taken, answer = timed(
        lambda: client.generic(
            "POST", "/api/v1/tasks/", body, content_type="application/json", headers=headers
        )
    )
    assert answer.json()["created"] == ROWS, answer.content
    assert floor.one("SELECT COUNT(*) FROM qc_searchgap") == 0
    return taken


def objects() -> list[dict[str, Any]]:
    """Return the rows of the file as objects."""
    names, *rows = [line.rstrip("\n").split(",") for line in itertools.islice(lines(), ROWS + 1)]
    found = []
    for row in rows:
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        values["details"] = {name: values.pop(name) for name in ("supplier", "batch")}
        values["due_at"] = values["due_at"].replace(" ", "T") + "Z"
        found.append(values | {"priority": int(values["priority"])})
    return found


def _client() -> Any:
    """Return the client of a manager, before an empty floor."""
    from rest_framework.test import APIClient

    from qc.models import IdempotencyKey, User

    prepare()
    IdempotencyKey.objects.all().delete()
    manager = User.objects.filter(username="manager").first()
    client = APIClient()
    client.force_authenticate(manager or User.objects.create_superuser("manager"))
    return client
