"""An export has what the list shows, can be opened safely, and imports again unchanged."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc.exports import tasks as task_export
from qc.models import Priority, Queue, Task, User
from qc.tables import cells
from qc.work import actions
from tests.imports.files import faults, import_file

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
AWKWARD = {
    "formula": "=1+1",
    "plus": "+49 30",
    "quoted": "'=x",
    "at": "@a",
    "plain": 'Ärger "1"',
    "=evil()": "x",
    "'-evil": "x",
    "Name": "named like a column of ours",
    "number": 5,
    "nothing": None,
    "blanks": " a ",
    "lines": "one\r\ntwo",
    "list": ["a", {"b": 1}],
}


CSV, XLSX, JSON = "0", "1", "2"
NAMES = {CSV: "t.csv", XLSX: "t.xlsx", JSON: "t.json"}


def post_export(user: User, form: str, query: str = "") -> Any:
    client = Client()
    client.force_login(user)
    address = reverse("admin:qc_task_export") + query
    return client.post(address, {"resource": "0", "format": form})


def exported_file(user: User, form: str, query: str = "") -> bytes:
    answer = post_export(user, form, query)
    assert answer.status_code == 200
    return bytes(answer.getvalue())


def csv_rows(user: User, query: str = "") -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(exported_file(user, CSV, query).decode("utf-8-sig"))))


@pytest.mark.parametrize(("form", "name"), NAMES.items())
def test_export_imports_again_unchanged(
    mona: User, invoices: Queue, labels: Queue, add_task: AddTask, form: str, name: str
) -> None:
    add_task(invoices, name="=HYPERLINK(1)", details=AWKWARD, instructions="one\r\ntwo ")
    add_task(labels, priority=1, link="https://x.example/1")
    data = exported_file(mona, form)
    before = list(Task.objects.values())
    result = import_file(data, name, by=mona)
    assert (result.unchanged, faults(result), result.changed) == (2, [], 0)
    assert list(Task.objects.values()) == before


def test_spreadsheet_runs_no_cell(mona: User, invoices: Queue, add_task: AddTask) -> None:
    add_task(invoices, name="=cmd|' /C calc'!A0", details=AWKWARD)
    text = exported_file(mona, CSV).decode("utf-8-sig")
    found = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=cmd|' /C calc'!A0" in found
    assert not [cell for cell in found if cell.startswith(("=", "+", "-", "@"))]
    book = openpyxl.load_workbook(io.BytesIO(exported_file(mona, XLSX)))
    assert not [c for row in book.worksheets[0].iter_rows() for c in row if c.data_type == "f"]


# Each runs, or will, where a spreadsheet takes the character for its plain one, drops what shows
# nothing, or splits cells at semicolons.
RUN = {
    "full-width": "\uff1d1+1",
    "full-width at": "\uff20SUM(A1)",
    "zero-width joiner": "\u200d=1+1",
    "byte order mark": "\ufeff=1+1",
    "no-break space": "\xa0=1+1",
    "soft hyphen": "\xad=1+1",
    "left to right": "\u200e+1",
    "blank letter": "\u3164=1+1",
    "delete": "\x7f=1+1",
}
SPLIT = {
    "semicolon": "a;=1+1",
    "semicolon and blanks": "a; \u200b\uff1d1+1",
    "semicolon and quote": 'a;"=1+1+LEN("")',
    "line": "torn\n=1+1",
    "tab": "a\t@SUM(A1)",
}


@pytest.mark.parametrize("text", RUN.values(), ids=RUN)
def test_formula_is_quoted_whatever_hides_it(
    mona: User, invoices: Queue, add_task: AddTask, text: str
) -> None:
    add_task(invoices, instructions=text)
    (row,) = csv_rows(mona)
    assert row["instructions"] == f"'{text}"


@pytest.mark.parametrize("text", SPLIT.values(), ids=SPLIT)
def test_rest_of_a_split_cell_is_quoted_in_csv_only(
    mona: User, invoices: Queue, add_task: AddTask, text: str
) -> None:
    add_task(invoices, instructions=text)
    (row,) = csv_rows(mona)
    assert re.split("[;\t\n]", row["instructions"])[1].startswith("'")
    book = openpyxl.load_workbook(io.BytesIO(exported_file(mona, XLSX)))
    assert text in [cell.value for line in book.worksheets[0].iter_rows() for cell in line]


def test_sign_within_a_line_stays_as_it_is(mona: User, invoices: Queue, add_task: AddTask) -> None:
    add_task(invoices, instructions="a - b; c, -5 = d")
    (row,) = csv_rows(mona)
    assert row["instructions"] == "a - b; c, -5 = d"


def test_quoted_texts_import_again_unchanged(
    mona: User, invoices: Queue, add_task: AddTask
) -> None:
    texts = [*RUN.values(), *SPLIT.values(), "a;'=1", "a\n''-x", "'\uff1d"]
    for text in texts:
        add_task(invoices, details={"text": text})
    for form, name in NAMES.items():
        result = import_file(exported_file(mona, form), name, by=mona)
        assert (result.unchanged, faults(result), result.changed) == (len(texts), [], 0), name


def test_export_has_person_outcome_and_notes(
    otto: User, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    task = add_task(invoices)
    actions.sign_in(anna.pk)
    actions.complete(task.pk, by=anna, outcome="failed", notes="seal broken")
    (row,) = csv_rows(otto)
    state = (row["qc_person"], row["qc_outcome"], row["qc_notes"])
    assert state == ("anna", "failed", "seal broken")


@pytest.mark.parametrize("form", NAMES)
def test_unprintable_characters_are_left_out(
    mona: User, invoices: Queue, add_task: AddTask, form: str
) -> None:
    task = add_task(invoices, name="a\x01b\x0bc")
    result = import_file(exported_file(mona, form), NAMES[form], by=mona, dry_run=True)
    assert [one["reference"] for one in result.shown["unchanged"]] == [task.reference]


def test_export_follows_the_list_filters(
    mona: User, invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    add_task(invoices)
    label = add_task(labels)
    rows = csv_rows(mona, f"?queue__id__exact={labels.pk}")
    assert [row["reference"] for row in rows] == [label.reference]
    assert csv_rows(mona, "?q=nothing-like-it") == []


def test_unknown_filter_redirects_to_the_list(mona: User) -> None:
    assert post_export(mona, CSV, "?nonsense=1").url.endswith("/task/?e=1")


def test_qc_staff_may_not_export(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    assert client.get(reverse("admin:qc_task_export")).status_code == 403


def test_json_keeps_types_and_has_one_task_per_line(
    otto: User, anna: User, invoices: Queue, add_task: AddTask
) -> None:
    due = datetime(2026, 11, 30, 14, 30, 0, 123456, UTC)
    add_task(invoices, name="=Ä", due_at=due, details={"n": 5, "list": ["a", {"b": None}]})
    add_task(invoices)
    answer = post_export(otto, JSON)
    assert answer["Content-Type"] == "application/json"
    text = answer.getvalue().decode()
    first, _second = json.loads(text)
    assert (first["name"], first["details"]) == ("=Ä", {"n": 5, "list": ["a", {"b": None}]})
    assert (first["priority"], first["qc_person"]) == (3, None)
    assert first["due_at"] == "2026-11-30T14:30:00.123456Z"
    lines = text.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("[", "]", 4)
    assert json.loads(lines[1].rstrip(",")) == first
    Task.objects.all().delete()
    assert json.loads(exported_file(otto, JSON)) == []


def test_file_name_has_the_date(mona: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda: "2026-11-30")
    for form, ending in ((CSV, "csv"), (XLSX, "xlsx"), (JSON, "json")):
        disposition = post_export(mona, form)["Content-Disposition"]
        assert disposition == f'attachment; filename="tasks-2026-11-30.{ending}"'


def test_tasks_are_read_in_windows_without_later_ones(
    invoices: Queue, add_task: AddTask, monkeypatch: Any
) -> None:
    monkeypatch.setattr(task_export, "WINDOW", 4)
    monkeypatch.setattr("qc.exports.formats.BLOCK", 1)
    there = [add_task(invoices).reference for _ in range(10)]
    # Those that the filters leave out, and those that are gone, are no end.
    Task.objects.filter(reference__in=there[4:8]).delete()
    lines = task_export.Export(Task.objects.order_by("-due_at")).json()
    with CaptureQueriesContext(connection) as statements:
        first = list(islice(lines, 4))
    assert len(statements) == 2
    add_task(invoices)
    objects = json.loads(b"".join([*first, *lines]))
    assert [one["reference"] for one in objects] == there[:4] + there[8:]


def test_too_long_texts_and_too_many_columns_are_refused(
    mona: User, invoices: Queue, add_task: AddTask, monkeypatch: Any
) -> None:
    task = add_task(invoices, instructions="x" * 32_768)
    page = post_export(mona, XLSX).content.decode()
    assert f"{task.reference} has a text of more than 32,767 characters" in page
    assert "x" * 32_768 in exported_file(mona, CSV).decode()
    monkeypatch.setattr("qc.exports.formats.MOST_ROWS", 1)
    assert (
        "There are too many rows for an Excel workbook" in post_export(mona, XLSX).content.decode()
    )
    add_task(invoices, details={f"column {n}": "x" for n in range(300)})
    page = post_export(mona, CSV).content.decode()
    assert "more than 239 extra columns" in page
    assert len(json.loads(exported_file(mona, JSON))[1]["details"]) == 300


any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# What is awkward in cells, more often than chance would have it.
awkward = st.lists(
    st.sampled_from([*"='@ \t\r\n,;\"a\x07\u200b\uff1d\u3164", "#N/A"]), max_size=6
).map("".join)
texts = any_text | awkward
values = st.recursive(
    texts
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
tasks = st.fixed_dictionaries(
    {
        "name": texts.filter(lambda text: cells.stripped(cells.UNPRINTABLE.sub("", text))),
        "priority": st.sampled_from(Priority),
        "due_at": st.datetimes(datetime(2000, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        "instructions": texts,
        "link": st.sampled_from(["", "https://x.example/?a=1&b='=,"]),
        "details": st.dictionaries(texts, values, max_size=4),
    }
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(values_of_tasks=st.lists(tasks, min_size=1, max_size=3))
def test_any_tasks_import_again_unchanged(
    invoices: Queue, values_of_tasks: list[dict[str, Any]]
) -> None:
    Task.objects.all().delete()
    Task.objects.bulk_create(
        Task(reference=f"R-{n}", queue=invoices, **one) for n, one in enumerate(values_of_tasks)
    )
    export = task_export.Export(Task.objects.all())
    for data in (b"".join(export.csv()), export.xlsx().read(), b"".join(export.json())):
        result = import_file(data, by=None, dry_run=True)
        assert (faults(result), result.changed, result.unchanged) == ([], 0, len(values_of_tasks))
