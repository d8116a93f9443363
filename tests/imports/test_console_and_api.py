"""Imports from the shell and over the HTTP API: the same rules, the same record."""

import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from qc import tasks
from qc.imports import runner as import_runner
from qc.models import Import, ImportState, Queue, Task, User
from tests.imports.files import good_rows

pytestmark = pytest.mark.django_db

BAD = good_rows(1) + "B,,Invoices\n"


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Run the command on a file; return what it printed."""

    def run(text: str, *arguments: str) -> str:
        (tmp_path / "tasks.csv").write_text(text)
        printed = StringIO()
        try:
            call_command("import_tasks", str(tmp_path / "tasks.csv"), *arguments, stdout=printed)
        except CommandError as error:
            return f"{printed.getvalue()}!{error}"
        return printed.getvalue()

    return run


@pytest.fixture
def send(mona: User) -> Any:
    """Mona's program sends a file."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token(client, mona)}")

    def send(text: str = good_rows(1), query: str = "", **data: Any) -> Any:
        file = BytesIO(text.encode())
        file.name = "tasks.csv"
        return client.post(f"/api/imports/{query}", {"file": file, **data}, format="multipart")

    send.client = client  # type: ignore[attr-defined]
    return send


def token(client: APIClient, user: User) -> str:
    data = {"username": user.username, "password": "demo"}
    return str(client.post("/login/", data).json()["token"])


def test_json_is_recognised_by_its_content(run: Any, send: Any, invoices: Queue) -> None:
    rows = [{"reference": "A", "name": "Check", "queue": "Invoices"}, {"reference": "B"}]
    answer = send("\n".join(map(json.dumps, rows)), only_good=True)
    assert answer.json()["counts"] == {
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "left_alone": 0,
        "refused": 1,
    }
    assert [fault["row"] for fault in answer.json()["faults"]] == [2, 2]
    assert "0 new, 0 changed, 1 unchanged" in run(json.dumps(rows[:1]))
    assert "The file ends in the middle of row 1." in run(json.dumps(rows[:1])[:-1])


def test_console_imports_and_prints_the_counts(run: Any, mona: User, invoices: Queue) -> None:
    printed = run(good_rows(2), "--by", "mona")
    assert "imported: 2 new, 0 changed, 0 unchanged, 0 skipped, 0 refused." in printed
    row = Task.objects.all()[0].history.get()
    assert (row.through, row.history_user) == ("import", mona)


def test_console_names_bad_cells_and_fails(run: Any, invoices: Queue) -> None:
    printed = run(BAD)
    assert "row 3, name: '': This field cannot be blank." in printed
    assert ": refused." in printed
    assert not Task.objects.exists()
    assert "1 new" in run(BAD, "--only-good")
    assert Task.objects.count() == 1


def test_console_dry_run_saves_nothing_and_refuses_other_files(run: Any, invoices: Queue) -> None:
    assert "ready to import, would be: 1 new" in run(good_rows(1), "--dry-run")
    assert not Task.objects.exists()
    assert "!This is a PDF" in run("%PDF-1.7")
    assert "queue: '': This column is missing" in run("reference,name\nA,B\n")
    assert "!There is no active user 'nobody'" in run(good_rows(1), "--by", "nobody")


@pytest.mark.usefixtures("anna")
def test_console_refuses_who_is_no_manager(run: Any, invoices: Queue) -> None:
    assert "!Only a manager may do this." in run(good_rows(1), "--by", "anna")


def test_api_imports_a_file_and_returns_its_record(send: Any, mona: User, invoices: Queue) -> None:
    answer = send()
    assert answer.status_code == 200
    result = answer.json()
    assert (result["state"], result["counts"]["new"], result["faults"]) == ("done", 1, [])
    assert send.client.get(f"/api/imports/{result['id']}/").json() == result
    assert send.client.get("/api/imports/999").status_code == 404
    assert Task.objects.get().created_by == mona


def test_api_returns_the_faults_of_a_refused_file(send: Any, invoices: Queue) -> None:
    answer = send(BAD)
    assert (answer.status_code, answer.json()["state"]) == (400, "refused")
    assert answer.json()["faults"] == [
        {"row": 3, "column": "name", "value": "", "message": "This field cannot be blank."}
    ]
    assert not Task.objects.exists()
    assert send(BAD, only_good="true").json()["counts"] == {
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "left_alone": 0,
        "refused": 1,
    }
    assert send("reference,name\nA,B\n").json()["faults"][0]["column"] == "queue"


def test_api_dry_run_saves_nothing(send: Any, invoices: Queue) -> None:
    answer = send(query="?dry_run=1")
    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    assert not Task.objects.exists()


def test_api_refuses_other_files_and_too_large_ones(send: Any, settings: Any) -> None:
    assert send("%PDF-1.7").json()["file"][0].startswith("This is a PDF.")
    assert send.client.post("/api/imports/", {}, format="multipart").status_code == 400
    settings.QC_IMPORT_BYTES = 10
    for text in (good_rows(1), "x" * 100_000):
        answer = send(text)
        assert (answer.status_code, "too large" in answer.json()["file"][0]) == (400, True)
    assert send(query="?dry_run=perhaps").status_code == 400
    assert not Import.objects.exists()


def test_api_leaves_a_large_file_to_a_worker(
    send: Any, invoices: Queue, settings: Any, waiting_jobs: list[int]
) -> None:
    settings.QC_IMPORT_ROWS = 2
    answer = send(good_rows(5))
    result = answer.json()
    assert (answer.status_code, result["state"]) == (202, "checking")
    assert waiting_jobs == [result["id"]]
    import_runner.carry_on(result["id"])
    result = send.client.get(f"/api/imports/{result['id']}").json()
    assert (result["state"], result["position"], result["counts"]["new"]) == ("done", 5, 5)


def test_api_accepts_a_large_file_without_a_broker(
    send: Any, invoices: Queue, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_how: Any) -> None:
        raise tasks.OperationalError("refused")

    monkeypatch.setattr(tasks.carry_on_import, "apply_async", away)
    settings.QC_IMPORT_ROWS = 2
    assert send(good_rows(5)).status_code == 202
    assert Import.objects.get().state == ImportState.CHECKING


@pytest.mark.parametrize(("who", "reading"), [("anna", 403), ("otto", 404)])
def test_api_lets_managers_send_and_auditors_read(
    request: pytest.FixtureRequest, invoices: Queue, who: str, reading: int
) -> None:
    client = APIClient()
    assert client.post("/api/imports/", {}, format="multipart").status_code == 401
    user = request.getfixturevalue(who)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token(client, user)}")
    assert client.post("/api/imports/", {}, format="multipart").status_code == 403
    assert client.get("/api/imports/1/").status_code == reading
