"""External copies of the seals, the commands, and the script that runs without QC Desk."""

import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from qc import tasks
from qc.audit.seals import external_copies, sealing, verification_runs
from qc.audit.seals.sealing import newest_seal
from qc.audit.seals.violations import Violation
from qc.models import Queue, Seal, Task, User, Verification
from tests.audit import tampering
from tests.audit.tampering import change, copy_row, delete, ids

SCRIPT = Path(__file__).parents[2] / "qc/static/qc/trail/verify_audit.py"


@pytest.fixture
def copy(tmp_path: Path, settings: Any) -> Path:
    """A file outside, to which the seals are copied."""
    settings.QC_SEAL_FILE = str(tmp_path / "seals.jsonl")
    return tmp_path / "seals.jsonl"


@pytest.fixture
def trail(
    seal_at_once: None, anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    """Some rows of each kind, sealed."""
    tampering.write_history(anna, mona, invoices, [add_task(invoices) for _ in range(8)])
    sealing.seal()


@pytest.fixture
def listener() -> Iterator[Any]:
    """Somebody outside, to whom the seals are posted; `answer` is what they answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if server.answer == 200:
                server.kept += json.loads(body)["seals"]
            self.send_response(server.answer)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.answer, server.kept = 200, []
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def verify(*options: Any) -> str:
    """Verify by the command; return its output, with the error if it failed."""
    out = io.StringIO()
    try:
        call_command("verify_audit", *options, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def verify_by_script(*files: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, *files], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_command_names_the_first_violation(trail: None) -> None:
    assert "rows are as they were sealed" in verify()
    pk, event = ids("task")[2], ids("event")[0]
    change("task", pk)
    delete("event", event)
    output = verify()
    assert f"Row {pk} in the history of tasks was changed (seal 1)" in output
    assert output.endswith(f"the first: Row {pk} in the history of tasks was changed (seal 1).")
    last = newest_seal()
    assert last is not None
    assert f"Row {event} in the history of events was deleted" in verify("--from", last.number)
    assert f"the first: Row {pk} " in verify("--to", 1)
    assert "rows are as they were sealed" in verify("--from", 2, "--to", last.number - 1)
    assert f"the first: Row {pk} " in verify("--since", "2020-01-01")
    assert verify("--since", "2099-01-01") == "0 rows are as they were sealed.\n"


def test_progress_bar_is_shown_at_a_terminal_only(trail: None) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, plain = Terminal(), io.StringIO()
    call_command("verify_audit", stdout=terminal)
    call_command("verify_audit", stdout=plain)
    bar, last = terminal.getvalue().split("\r")[-1].splitlines()
    assert "100% of" in bar
    assert plain.getvalue() == f"{last}\n"


def test_copy_reveals_seals_that_were_cut_off_and_made_anew(trail: None, copy: Path) -> None:
    tasks.seal()
    assert len(copy.read_text().splitlines()) == Seal.objects.count()
    assert "rows are as they were sealed" in verify("--against", copy)
    last = Seal.objects.latest("number")
    Seal.objects.filter(pk=last.pk).delete()
    assert f"Seal {last.number} was deleted" in verify("--against", copy)
    delete("event", ids("event")[-1])
    copy_row("event", ids("event")[0], ids("event")[-1] + 7)
    sealing.seal()
    assert "rows are as they were sealed" in verify()
    assert f"Seal {last.number} differs from the copy" in verify("--against", copy)


def test_end_that_was_cut_off_is_found_at_night_until_it_is_back(
    trail: None, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.seal()
    monkeypatch.setattr(external_copies, "END", len(copy.read_bytes()) // 2)
    assert verification_runs.run_nightly() == []
    # All that the database knows of it is gone, too.
    last = Seal.objects.latest("number")
    Seal.objects.filter(pk=last.pk).delete()
    Verification.objects.all().delete()
    cut_off = Violation("seal deleted", last.number)
    assert verification_runs.run_nightly() == [cut_off]
    assert verification_runs.state().violation == cut_off
    # Remade, it looks right but for the copy.
    delete("event", ids("event")[-1])
    copy_row("event", ids("event")[0], ids("event")[-1] + 7)
    sealing.seal()
    remade = Violation("seal replaced", last.number)
    assert verification_runs.run_nightly() == [remade]
    assert verification_runs.state().violation == remade


def test_copy_continues_after_its_last_whole_line(trail: None, copy: Path, caplog: Any) -> None:
    external_copies.copy()
    before = copy.read_bytes()
    external_copies.copy()
    assert copy.read_bytes() == before
    # The machine went down while it wrote.
    *whole, _, _ = before.splitlines(keepends=True)
    copy.write_bytes(b"".join(whole) + b'{"above": 0, "colu')
    external_copies.copy()
    assert list(external_copies.compare(copy)) == []
    assert len(copy.read_bytes().splitlines()) == len(before.splitlines()) + 1
    Seal.objects.filter(pk=Seal.objects.latest("pk").pk).update(hash="0" * 64)
    external_copies.copy()
    assert "differs from the copy kept outside" in caplog.text


def test_changed_copy_is_named(trail: None, copy: Path) -> None:
    external_copies.copy()
    copy.write_text(copy.read_text().replace('"number":2', '"number":1'))
    assert "Seal 1 has a wrong hash in the copy" in verify("--against", copy)


def test_unwritable_file_does_not_stop_posting(
    trail: None, tmp_path: Path, settings: Any, listener: Any, caplog: Any
) -> None:
    settings.QC_SEAL_FILE = str(tmp_path / "nowhere" / "seals.jsonl")
    settings.QC_SEAL_URL = f"http://127.0.0.1:{listener.server_port}/"
    tasks.seal()
    assert "next time" in caplog.text
    assert len(listener.kept) == Seal.objects.count()


def test_seals_not_posted_are_posted_next_time(
    trail: None, settings: Any, listener: Any, caplog: Any
) -> None:
    settings.QC_SEAL_URL = f"http://127.0.0.1:{listener.server_port}/seals"
    listener.answer = 503
    external_copies.copy()
    assert "503" in caplog.text
    listener.answer = 200
    external_copies.copy()
    external_copies.copy()
    assert [one["hash"] for one in listener.kept] == [
        one.hash for one in Seal.objects.order_by("number")
    ]


def test_script_verifies_an_export(trail: None, copy: Path, tmp_path: Path) -> None:
    external_copies.copy()
    file = tmp_path / "export.jsonl"
    call_command("export_seals", file)
    with copy.open("a") as lines:
        lines.write('{"above":0,"colu\n')
    assert verify_by_script(file, copy) == (0, "All of it is as it was sealed.\n")
    honest = file.read_text()
    file.write_text(honest.replace("cl", "CL", 1))
    assert verify_by_script(file)[0] == 1
    call_command("export_seals", file, "--from", "2")
    assert verify_by_script(file) == (0, "All of it is as it was sealed.\n")
    file.write_text("".join(honest.splitlines(keepends=True)[:-1]))
    assert verify_by_script(file, copy) == (
        1,
        f"seal {Seal.objects.count()} is in the copy, but not here\n",
    )


def test_script_names_the_changed_rows_of_an_export(trail: None, tmp_path: Path) -> None:
    first, second, *_, last = ids("task")
    change("task", first)
    delete("task", second)
    copy_row("task", last, -1)
    file = tmp_path / "export.jsonl"
    call_command("export_seals", file)
    assert verify_by_script(file) == (
        1,
        "row -1 in the history of task was inserted (seal 1)\n"
        f"row {first} in the history of task was changed (seal 1)\n"
        f"row {second} in the history of task was deleted (seal 1)\n",
    )


Lines = list[dict[str, Any]]


def forged(line: dict[str, Any]) -> list[Any]:
    """Return a row of a seal as somebody else would have it: with another reason."""
    pk, row, opened = line["rows"][0]
    return [pk, row | {"history_change_reason": "forged"}, opened]


def beside_the_true_one(seals: Lines) -> Lines:
    seals[0]["rows"] = [forged(seals[0]), *seals[0]["rows"]]
    return seals


def as_one_not_sealed_yet(seals: Lines) -> Lines:
    pk, row, opened = forged(seals[0])
    table = seals[0]["seal"]["table"]
    return [{"seal": None, "table": table, "id": pk, "row": row, "opened": opened}, *seals]


@pytest.mark.parametrize("put", [beside_the_true_one, as_one_not_sealed_yet])
def test_script_names_a_forged_row_beside_the_true_one(
    put: Callable[[Lines], Lines], trail: None, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    call_command("export_seals", file)
    seals = put([json.loads(line) for line in file.read_text().splitlines()])
    file.write_text("".join(f"{json.dumps(line)}\n" for line in seals))
    first = next(line for line in seals if "digests" in line)
    pk, table = first["rows"][0][0], first["seal"]["table"]
    status, output = verify_by_script(file)
    assert status == 1
    assert f"row {pk} in the history of {table} was changed (seal 1)" in output


def test_script_says_that_seals_of_the_copy_are_missing(
    trail: None, copy: Path, tmp_path: Path
) -> None:
    external_copies.copy()
    file = tmp_path / "export.jsonl"
    call_command("export_seals", file)
    *seals, _newest = [json.loads(line) for line in file.read_text().splitlines()]
    seals[-1]["alone"] = True
    file.write_text("".join(f"{json.dumps(line)}\n" for line in seals))
    missing = "1 seals of the copy are not here, nor their rows.\n"
    assert verify_by_script(file, copy) == (0, f"{missing}All of it is as it was sealed.\n")
    row = {"seal": None, "table": "task", "id": 9999, "row": {}, "opened": {}}
    del seals[-1]["alone"]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in [row, *seals]))
    assert verify_by_script(file, copy)[0] == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "nothing here is sealed: it proves nothing\n"), ('{"seal', "the file is damaged")],
)
def test_script_calls_no_empty_or_damaged_file_whole(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl"
    file.write_text(text)
    status, output = verify_by_script(file)
    assert (status, output[: len(says)]) == (1, says)


def test_commands_name_a_file_that_is_not_there(trail: None, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "seals.jsonl"
    for option in ("--against", "--archive"):
        with pytest.raises(CommandError, match=f"there is no file {nowhere}"):
            call_command("verify_audit", option, str(nowhere))
    with pytest.raises(CommandError, match=f"No such file or directory: '{nowhere}'"):
        call_command("export_seals", str(nowhere))
