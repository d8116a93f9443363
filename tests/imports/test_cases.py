"""Each case (`tests.imports.cases`) gives its right answer by page, by API and by console."""

import json
from collections.abc import Callable
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from qc import history
from qc.core.localization import localized
from qc.models import ImportState, Queue, Task, User
from tests.databases import on_sqlite
from tests.imports.cases import CASES, QUEUES, Case
from tests.imports.conftest import answered, asked, client_of, press, upload

pytestmark = [
    pytest.mark.django_db,
    on_sqlite,
    pytest.mark.parametrize("case", CASES, ids=lambda case: case.name),
]


@pytest.fixture
def manager(mona: User, case: Case, add_task: Callable[..., Task]) -> User:
    """Mona in the case's zone, with the queues that cases name and the tasks that are there."""
    queues = {name: Queue.objects.create(name=name) for name in QUEUES}
    for reference in case.there:
        add_task(queues["Incoming parts"], reference=reference)
    mona.time_zone = case.zone
    with history.without_history(mona):
        mona.save(update_fields=["time_zone"])
    return mona


def check_tasks(case: Case) -> None:
    """Assert that exactly the right tasks are new, with the values that are known of them."""
    found = {task.reference: task for task in Task.objects.exclude(reference__in=case.there)}
    assert len(found) == case.new
    with localized("en", case.zone):
        for reference, values in case.tasks.items():
            shown = {name: shown_value(found[reference], name) for name in values}
            assert {"reference": reference, **shown} == {"reference": reference, **values}


def shown_value(task: Task, name: str) -> Any:
    if name == "due_at":
        return timezone.localtime(task.due_at).strftime("%Y-%m-%d %H:%M")
    return task.queue.name if name == "queue" else getattr(task, name)


def check_faults(case: Case, found: dict[int, str]) -> None:
    """Assert that exactly the right rows are refused, each with what is said of it."""
    assert list(found) == list(case.faults)
    for row, part in case.faults.items():
        assert part in found[row]


def test_page(case: Case, manager: User) -> None:
    client = client_of(manager)
    page = upload(client, case.data, case.file.name)
    assert asked(page) == list(case.asks)
    if case.asks:
        page = answered(client, page, case)
        assert asked(page) == []
    record, text = page.context["record"], as_text(page)
    for part in case.says:
        assert part in text
    assert page.context["form"].fields.keys() >= {*case.changeable}
    assert (record.new, record.refused) == (case.new, len(case.faults))
    check_faults(case, refused_on(page))
    if case.new:
        press(client, "begin", record, only_good="1" if case.faults else "0")
    check_tasks(case)
    page = upload(client, case.data, case.file.name)
    assert (asked(page), page.context["record"].new) == ([], 0)
    assert page.context["record"].unchanged == case.new


def as_text(page: Any) -> str:
    return unescape(page.content.decode())


def refused_on(page: Any) -> dict[int, str]:
    table = page.context["tables"].get("faults")
    rows = [[cell for _heading, cell in row] for row in table.rows] if table else []
    return {int(row): message for row, _column, _found, message in rows}


def test_api(case: Case, manager: User, send: Any) -> None:
    def sent(**options: Any) -> tuple[int, dict[str, Any]]:
        return send(case, **options)

    check_answers(case, sent, case.options, refused=400, done=200, undecided=400)


def check_answers(
    case: Case, send: Callable[..., tuple[int, dict[str, Any]]], options: Any, **codes: int
) -> None:
    """Assert that programs get the right answers: without options, with them, and once more."""
    if case.asks:
        code, answer = send()
        assert code == codes["undecided"]
        assert [one["name"] for one in answer["choices"]] == list(case.asks)
    code, answer = send(**options)
    check_faults(case, {one["row"]: one["message"] for one in answer["faults"]})
    if case.faults:
        assert (code, answer["state"]) == (codes["refused"], ImportState.REFUSED)
        if not case.new:
            return
        code, answer = send(**options, only_good=True)
    assert (answer["state"], answer["new"]) == (ImportState.DONE, case.new)
    assert code == codes["done"] or case.faults
    assert set(notes_of(case)) <= set(answer["notes"])
    check_tasks(case)
    code, answer = send(only_good=True)
    assert (answer["state"], answer["unchanged"]) == (ImportState.DONE, case.new)


def notes_of(case: Case) -> list[str]:
    """Return the whole sentences of what is said, which programs get too."""
    return [part for part in case.says if part.endswith(".") and "Duplicate" not in part]


def test_console(case: Case, manager: User, tmp_path: Path) -> None:
    path = tmp_path / case.file.name
    path.write_bytes(case.data)

    def run(*arguments: str, only_good: bool = False) -> tuple[int, dict[str, Any]]:
        printed, code = StringIO(), 0
        some = [*arguments, *(["--only-good"] if only_good else []), "--by", "mona", "--json"]
        try:
            call_command("import_tasks", str(path), *some, stdout=printed)
        except CommandError as error:
            code = error.returncode
        return code, json.loads(printed.getvalue())

    arguments = list(case.arguments)
    check_answers(
        case,
        lambda **how: run(*(arguments if how.pop("arguments", False) else ()), **how),
        {"arguments": True} if arguments else {},
        refused=1,
        done=0,
        undecided=2,
    )
