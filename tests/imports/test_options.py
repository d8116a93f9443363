"""The console and the API take the same options, and say the same of what they did."""

import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from qc.models import Import, Queue, Task, User

pytestmark = pytest.mark.django_db

FOREIGN = "Order No,Part,due date\nWO-1,Bracket,1/9/2027\nWO-2,Bracket,4/16/2027\n"
UNPROVEN = "reference,name,queue,due_at\nA-1,Seal,Invoices,1/2/2027\nA-2,Seal,Invoices,3/4/2027\n"
WORDS = "reference,name,queue,priority\nU-1,Seal,Bills,Sofort\nU-2,Seal,Invoices,High\n"
LIST = "Asset,Work,Date\nICE-1,Clean,2027-01-10\nICE-2,Clean,2027-02-11\n"


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Run the command with --json on a file; return its exit code and what it printed."""

    def run(data: str, *arguments: str) -> tuple[int, dict[str, Any]]:
        path, printed, code = tmp_path / "list.csv", StringIO(), 0
        path.write_text(data)
        try:
            call_command("import_tasks", str(path), *arguments, "--json", stdout=printed)
        except CommandError as error:
            code = error.returncode
        return code, json.loads(printed.getvalue())

    return run


@pytest.fixture
def api(mona: User) -> Any:
    """Send a file to the API; return the status and the answer."""
    client = APIClient()
    token = client.post("/login/", {"username": "mona", "password": "demo"}).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")

    def send(data: str, **options: Any) -> tuple[int, dict[str, Any]]:
        file = BytesIO(data.encode())
        file.name = "list.csv"
        answer = client.post("/api/imports/", {"file": file, **options}, format="multipart")
        return answer.status_code, answer.json()

    return send


def to_choose(answer: dict[str, Any]) -> dict[str, str]:
    """Return what an answer says is to be chosen, and how."""
    return {one["item"] or one["name"]: one["pass"] for one in answer["choices"]}


def test_foreign_list_is_in_once_its_queue_is_given_and_the_next_one_by_itself(
    shell: Any, invoices: Queue, labels: Queue
) -> None:
    code, answer = shell(FOREIGN)
    assert (code, answer["state"], to_choose(answer)) == (2, "mapping", {"queue": "--queue NAME"})
    (choice,) = answer["choices"]
    assert [one["value"] for one in choice["options"]] == ["Invoices", "Labels"]
    code, answer = shell(FOREIGN, "--queue", "Invoices")
    assert (code, answer["state"], answer["new"], answer["skipped"]) == (0, "done", 2, 0)
    read = answer["read"]
    assert (read["format"], read["encoding"], read["delimiter"]) == ("csv", "utf-8", ",")
    assert (read["header_row"], read["day_first"]) == (1, False)
    assert read["mapping"] == {"Order No": "reference", "Part": "name", "due date": "due_at"}
    assert "All rows: queue “Invoices”." in answer["notes"]
    code, answer = shell(FOREIGN.replace("WO", "WO-B"))
    assert (code, answer["new"]) == (0, 2)


def test_what_is_to_be_chosen_is_named_alike_by_both(
    shell: Any, api: Any, invoices: Queue, labels: Queue
) -> None:
    code, answer = shell(LIST)
    assert to_choose(answer) == {
        "key": "--key 'COLUMN,COLUMN' or --number PREFIX",
        "queue": "--queue NAME",
    }
    status, same = api(LIST)
    assert (code, status) == (2, 400)
    assert to_choose(same) == {"key": "key=COLUMN,COLUMN or number=PREFIX", "queue": "queue=NAME"}
    assert {one["column"] for one in same["faults"]} == {"reference", "queue"}
    assert not Task.objects.exists()


def test_order_of_days_is_chosen_by_both(shell: Any, api: Any, invoices: Queue) -> None:
    code, answer = shell(UNPROVEN)
    assert (code, to_choose(answer)) == (2, {"day_first": "--day-first or --month-first"})
    assert shell(UNPROVEN, "--month-first")[1]["new"] == 2
    assert Task.objects.get(reference="A-2").due_at.month == 3
    status, answer = api(UNPROVEN.replace("due_at", "deadline"))
    assert (status, list(to_choose(answer))) == (400, ["day_first"])
    status, answer = api(UNPROVEN.replace("due_at", "deadline"), day_first="true")
    assert (status, answer["changed"], answer["read"]["day_first"]) == (200, 2, True)


def test_lists_without_a_key_come_in_by_api(api: Any, invoices: Queue) -> None:
    status, answer = api(LIST, queue="invoices", key="Asset,Date", priority="2")
    assert (status, answer["new"], answer["counts"]["new"]) == (200, 2, 2)
    assert api(LIST)[1]["unchanged"] == 2
    status, answer = api(LIST.replace("Asset", "Machine"), queue="Invoices", number="M-")
    assert (status, answer["read"]["number_prefix"], answer["new"]) == (200, "M-", 2)
    assert Task.objects.filter(reference__in=["M-1", "ICE-1-2027-01-10"]).count() == 2


def test_words_and_names_are_given_a_meaning_by_both(shell: Any, api: Any, invoices: Queue) -> None:
    code, answer = shell(WORDS)
    assert (code, answer["refused"]) == (2, 1)
    assert to_choose(answer) == {
        "Sofort": "--word 'Sofort=1|2|3|4'",
        "Bills": "--queue-name 'Bills=NAME'",
    }
    assert answer["faults"][0]["message"] == "There is no such queue."
    assert shell(WORDS, "--word", "Sofort=1", "--queue-name", "Bills=Invoices")[0] == 0
    assert Task.objects.get(reference="U-1").priority == 1
    status, answer = api(WORDS.replace("Sofort", "Bald").replace("Bills", "More bills"))
    assert (status, list(to_choose(answer))) == (400, ["Bald", "More bills"])
    chosen = {"word": ["Bald=4"], "queue_name": ["More bills=Invoices"]}
    status, answer = api(WORDS.replace("Sofort", "Bald").replace("Bills", "More bills"), **chosen)
    assert (status, answer["refused"]) == (200, 0)


def test_columns_are_mapped_by_both(shell: Any, api: Any, invoices: Queue) -> None:
    data = "Slip,Thing,Desk,Colour\nS-1,Cap,Invoices,red\n"
    mapped = ["slip=reference", "Thing=name", "Desk=queue", "Colour=-"]
    arguments = [one for pair in mapped for one in ("--map", pair)]
    assert shell(data, *arguments)[1]["read"]["mapping"]["Colour"] == ""
    assert Task.objects.get().details == {}
    assert api(data.replace("Slip", "Slip no"), map=["Slip no=reference", *mapped[1:]])[0] == 200
    assert api(data, map=["Nr=reference"])[1]["error"] == "The file has no column “Nr”."
    assert "map" in api(data, map=["Thing=title"])[1]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"queue": "Nowhere"}, "queue"),
        ({"priority": "9"}, "priority"),
        ({"due": "soon"}, "due"),
        ({"due": "1/2/2027"}, "due"),
        ({"encoding": "klingon"}, "encoding"),
        ({"word": ["x=9"]}, "word"),
        ({"map": ["x"]}, "map"),
        ({"hidden_rows": "perhaps"}, "hidden_rows"),
        ({"header_row": "-1"}, "header_row"),
    ],
)
def test_option_that_can_t_be_is_refused_by_its_name(
    api: Any, invoices: Queue, options: Any, field: str
) -> None:
    status, answer = api(FOREIGN, **options)
    assert (status, list(answer)) == (400, [field])
    assert not Import.objects.exists()


def test_console_exits_1_when_rows_are_refused_and_says_so_in_json(
    shell: Any, invoices: Queue
) -> None:
    bad = "reference,name,queue\nA-1,Cap,Invoices\nA-2,,Invoices\n"
    code, answer = shell(bad)
    assert (code, answer["state"], answer["refused"], answer["choices"]) == (1, "refused", 1, [])
    assert answer["faults"][0] | {"message": ""} == {
        "row": 3,
        "column": "name",
        "value": "",
        "message": "",
    }
    code, answer = shell(bad, "--only-good")
    assert (code, answer["state"], answer["new"]) == (1, "done", 1)
    assert shell("%PDF-1.7")[1]["state"] == "failed"
    assert shell(bad.replace("A-2,,", "A-2,Cap,"), "--dry-run")[0] == 0


def test_console_says_in_words_what_to_pass(tmp_path: Path, invoices: Queue) -> None:
    (tmp_path / "list.csv").write_text(FOREIGN)
    Queue.objects.create(name="Labels")
    printed = StringIO()
    with pytest.raises(CommandError):
        call_command("import_tasks", str(tmp_path / "list.csv"), stdout=printed)
    assert "No column names the queue. Which one are all rows for? --queue NAME" in (
        printed.getvalue()
    )
    assert "  Invoices\n  Labels\n" in printed.getvalue()
