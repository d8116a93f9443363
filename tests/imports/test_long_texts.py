"""Long texts: no statement is longer than the database takes, and the page stays small."""

import json

import pytest

from qc.core import compiled_queries
from qc.imports import undo
from qc.models import ImportState, Queue, Task, User
from tests.databases import on_mariadb
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

# By default MariaDB takes statements of 16 MiB. An ä in JSON is seven bytes of one: these rows are
# 18 MB, and were one statement.
ROWS, LONG = 70, 29_600


def long_rows(letter: str) -> str:
    cells = f"{letter * LONG},{letter * LONG}"
    rows = "".join(f"A-{n},Check,Invoices,{cells}\n" for n in range(ROWS))
    return "reference,name,queue,instructions,remarks\n" + rows


@on_mariadb
def test_rows_longer_than_a_statement_are_imported_changed_and_undone(
    mona: User, invoices: Queue
) -> None:
    record = import_file(long_rows("ü"), by=mona)
    assert (record.state, record.new, record.error) == (ImportState.DONE, ROWS, "")
    changed = import_file(long_rows("ä"), by=mona)
    assert (changed.state, changed.changed) == (ImportState.DONE, ROWS)
    assert Task.objects.filter(instructions="ä" * LONG).count() == ROWS
    undo.begin(changed, by=mona)
    undo.undo(changed)
    assert Task.objects.filter(instructions="ü" * LONG).count() == ROWS
    assert Task.history.count() == 3 * ROWS


def test_statements_are_split_by_the_bytes_of_their_values(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled_queries, "_most_bytes", lambda: 4000)
    rows = [("a", 1), ("b" * 900, 2), ("c", 3), ("d" * 300, None)]
    split = [list(some) for some in compiled_queries.pieces(rows, iter)]
    assert split == [[rows[0]], [rows[1]], rows[2:]]
    assert list(compiled_queries.pieces(rows[:1], iter)) == [rows[:1]]


def test_of_long_rows_only_the_first_are_kept_for_the_page(mona: User, invoices: Queue) -> None:
    head = "reference,name,queue," + ",".join(f"c{n}" for n in range(40)) + "\n"
    for letter in "xy":
        rows = "".join(f"A-{n},Check,Invoices" + f",{letter * 400}" * 40 + "\n" for n in range(60))
        record = import_file(head + rows, by=mona)
    assert record.changed == 60
    assert 5 < len(record.shown["changed"]) < 60
    assert len(json.dumps(record.shown)) < 600_000
