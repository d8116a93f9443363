"""The audit trail as a file: all rows that match the filters, as sentences and columns."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from qc import tables
from qc.audit.seals import sealing
from qc.audit.seals.external_copies import content_with_hash
from qc.history import events
from qc.models import EventKind, Queue, Seal, Task, User
from qc.work import actions
from tests.admin.conftest import signed_in
from tests.audit.tampering import copy_row, ids, move
from tests.audit.test_external_copies import verify_by_script

FILE = "/admin/trail/trail."


@pytest.fixture
def task(anna: User, mona: User, invoices: Queue, add_task: Callable[..., Task]) -> Task:
    """A task that Anna got and Mona put on hold, for a reason that a spreadsheet would run."""
    task = add_task(invoices, reference="INV-2231")
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    actions.hold(task.pk, by=mona, reason="=1+1")
    return task


def rows(client: Client, params: str = "") -> list[dict[str, str]]:
    answer: Any = client.get(f"{FILE}csv{params}")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def lines(client: Client, params: str = "") -> list[dict[str, Any]]:
    answer: Any = client.get(f"{FILE}jsonl{params}")
    return [json.loads(line) for line in answer.getvalue().splitlines()]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "jsonl"])
@pytest.mark.parametrize(("who", "status"), [("otto", 200), ("mona", 200), ("anna", 403)])
def test_auditors_and_managers_can_export_the_trail(
    who: str, status: int, ending: str, request: Any, sign_in_client: Any
) -> None:
    client = sign_in_client(request.getfixturevalue(who))
    assert client.get(FILE + ending).status_code == status
    assert client.post(FILE + ending).status_code == (405 if status == 200 else 403)


def test_without_permission_there_is_no_button_and_no_file(
    otto: User, otto_client: Client, task: Task
) -> None:
    assert (
        f'href="{FILE}csv?task=INV"' in otto_client.get("/admin/trail/?task=INV").content.decode()
    )
    otto.groups.get().permissions.remove(otto.groups.get().permissions.get(codename="export_task"))
    assert FILE not in otto_client.get("/admin/trail/").content.decode()
    assert otto_client.get(f"{FILE}csv").status_code == 403


def test_csv_row_has_its_columns_and_its_sentence(otto_client: Client, task: Task) -> None:
    held = task.history.first()
    (row,) = rows(otto_client, "?kind=held")
    assert row == {
        "moment": f"{held.history_date:%Y-%m-%dT%H:%M:%S.%f}Z",
        "table": "task",
        "kind": "held",
        "who": "mona",
        "who_now": "mona",
        "whom": "anna",
        "whom_now": "anna",
        "task": "INV-2231",
        "queue": "Invoices",
        "through": held.through,
        "reason": "'=1+1",
        "request_id": held.request_id,
        "sentence": "mona took INV-2231 back from anna and put it on hold: =1+1",
        "seal": "not sealed yet",
        "digest": "",
    }


def test_workbook_has_the_same_rows_and_no_formulas(otto_client: Client, task: Task) -> None:
    answer: Any = otto_client.get(f"{FILE}xlsx?task=INV")
    file = io.BytesIO(b"".join(answer.streaming_content))
    head, *body = (row.cells for row in tables.read(file, tables.XLSX))
    found = [dict(zip_longest(head, cells, fillvalue="")) for cells in body]
    assert found == rows(otto_client, "?task=INV")
    assert "'=1+1" in [row["reason"] for row in found]


def test_page_says_when_the_rows_dont_fit_into_a_workbook(
    otto_client: Client, task: Task, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.exports.formats.MOST_ROWS", 2)
    answer: Any = otto_client.get(f"{FILE}xlsx?task=INV", follow=True)
    assert answer.redirect_chain == [("/admin/trail/?task=INV", 302)]
    assert "There are too many rows for an Excel workbook." in answer.content.decode()


def test_json_lines_have_all_columns_of_the_row(otto_client: Client, task: Task) -> None:
    held = task.history.first()
    (line,) = lines(otto_client, "?kind=held")
    assert (line["who"], line["reason"]) == ("mona", "=1+1")
    kept = line["row"]
    assert (line["id"], kept["status"], kept["details"]) == (held.pk, "on_hold", {})
    assert kept["history_date"] == line["moment"].replace("Z", "+00:00")
    assert line["seal"] is None


def test_file_has_all_rows_newest_first(otto_client: Client, task: Task, monkeypatch: Any) -> None:
    whole = lines(otto_client, "?reads=on")
    monkeypatch.setattr("qc.exports.trail.ROWS", 2)
    again = lines(otto_client, "?reads=on")
    # The second file has the first export above it, and its own.
    assert [one["kind"] for one in again[:2]] == ["exported", "exported"]
    assert again[1:] == whole
    moments = [one["moment"] for one in whole]
    assert moments == sorted(moments, reverse=True)
    assert {one["table"] for one in whole} == {"task", "person", "queue", "event"}


def test_export_is_recorded_in_the_trail(otto_client: Client, task: Task) -> None:
    rows(otto_client, "?task=inv")
    event = lines(otto_client, "?kind=exported")[1]
    assert event["sentence"] == "otto exported the audit trail: task = inv"
    assert event["row"]["details"] == {"filters": {"task": "inv"}, "format": "csv"}


def test_wrong_filter_redirects_to_the_page(otto_client: Client) -> None:
    answer: Any = otto_client.get(f"{FILE}csv?person=nemo")
    assert answer.url == "/admin/trail/?person=nemo"


def test_aborted_download_leaves_nothing_open(
    otto_client: Client, task: Task, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.exports.trail.ROWS", 1)
    monkeypatch.setattr("qc.exports.formats.BLOCK", 1)
    answer: Any = otto_client.get(f"{FILE}jsonl?reads=on")
    parts = iter(answer.streaming_content)
    with CaptureQueriesContext(connection) as statements:
        assert json.loads(next(parts))["kind"] == "exported"
    assert not [one for one in statements if "SAVEPOINT" in one["sql"] or "BEGIN" in one["sql"]]
    answer.close()
    assert list(parts) == []


@pytest.fixture
def sealed(task: Task, mona: User, monkeypatch: Any) -> None:
    """All of it is sealed three rows at a time, one of them late; then Mona went on."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    monkeypatch.setattr(sealing, "BATCH", 3)
    for n in range(7):
        events.record(EventKind.SIGN_IN_FAILED, name=f"eve {n}")
    last = ids("event")[-1]
    move("event", last, last + 2)
    sealing.seal()
    copy_row("event", last + 2, last + 1)
    sealing.seal()
    actions.resume(task.pk, by=mona)


NOTHING_SEALED = "nothing here is sealed: it proves nothing"


@pytest.mark.parametrize("size", [1, 4, 500])
def test_json_lines_carry_their_proofs(
    size: int, otto_client: Client, sealed: None, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("qc.exports.trail.ROWS", size)
    file, copy = tmp_path / "trail.jsonl", tmp_path / "seals.jsonl"
    copy.write_text(
        "".join(f"{json.dumps(content_with_hash(one))}\n" for one in Seal.objects.all())
    )
    for params, has_new in (("", True), ("?kind=sign-in+failed", False), ("?kind=resumed", True)):
        exported = lines(otto_client, params)
        kept = [one for one in exported if "sentence" in one]
        proofs = [one for one in exported if "digests" in one]
        assert len(kept) + len(proofs) == len(exported)
        numbers = [one["seal"]["number"] for one in proofs]
        assert sorted(numbers) == sorted({one["seal"] for one in kept if one["seal"]})
        for one in kept:
            assert one["digest"] in "".join(proof["digests"] for proof in proofs)
        # Only what has been written since is not sealed.
        new = {one["kind"] for one in kept if not one["seal"]}
        assert new <= {"resumed", "assigned", "exported"}
        file.write_text("".join(f"{json.dumps(one)}\n" for one in exported))
        status, output = verify_by_script(file)
        says = "All of it is as it was sealed." if proofs else NOTHING_SEALED
        assert (status, output.splitlines()[-1]) == (int(not proofs), says)
        assert ("rows are not sealed yet" in output) == has_new
        # A copy that is kept outside proves the seals, whichever of them are here.
        status, output = verify_by_script(file, copy)
        assert (status, "stand alone" in output) == (int(not proofs), False)


def test_changed_file_fails_verification_and_names_the_row(
    otto_client: Client, sealed: None, tmp_path: Path
) -> None:
    exported = lines(otto_client, "?kind=sign-in+failed")
    file = tmp_path / "trail.jsonl"

    def verdict(some: list[dict[str, Any]]) -> str:
        file.write_text("".join(f"{json.dumps(one)}\n" for one in some))
        status, output = verify_by_script(file)
        assert status == 1
        return output

    pk, number = exported[0]["id"], exported[0]["seal"]
    row = f"row {pk} in the history of event"
    assert f"{row} was deleted (seal {number})" in verdict(exported[1:])
    changed = [exported[0] | {"row": exported[0]["row"] | {"through": "api"}}, *exported[1:]]
    assert f"{row} was changed (seal {number})" in verdict(changed)
    salt, column, _ = exported[0]["opened"]["name~"]
    opened = exported[0]["opened"] | {"name~": [salt, column, "mona"]}
    assert f"{row} was changed" in verdict([exported[0] | {"opened": opened}, *exported[1:]])
    proofs = [one for one in exported if "digests" not in one or one["seal"]["number"] != number]
    assert f"seal {number} is not here, but its rows are" in verdict(proofs)


def test_csv_names_the_seal_of_each_row(otto_client: Client, sealed: None) -> None:
    found = {row["whom"]: row for row in rows(otto_client, "?kind=sign-in+failed")}
    first = Seal.objects.filter(table="event").earliest("number")
    row = found["eve 0"]
    assert row["seal"] == str(first.number)
    assert row["digest"] in bytes(first.digests).hex()
    assert {row["seal"] for row in rows(otto_client, "?kind=resumed")} == {"not sealed yet"}


def test_more_seals_take_no_more_queries(
    otto_client: Client, sealed: None, monkeypatch: Any
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            lines(otto_client, "?through=shell")
        return len(queries)

    few = statements()
    for n in range(30):
        events.record(EventKind.SIGN_IN_FAILED, name=f"mallory {n}")
    sealing.seal()
    assert Seal.objects.filter(table="event").count() > 10
    assert statements() <= few + 1
