"""A list of all places that write to the database, and why their history is complete.

A new one fails here until it is listed: write through `qc.history.writer`, which writes the row, or
add below why no row is needed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

QC = Path(__file__).parents[2] / "qc"

WRITES = {"bulk_create", "bulk_update", "delete", "_raw_delete", "save", "execute", "insert_rows"}
# Who has which role, and who is on which queue.
MEMBERS = {"groups", "people", "queues", "user_permissions"}
CHANGES_OF_MEMBERS = {"add", "set", "remove", "clear"}

RECORDED = "leaves its rows by qc.history.writer, in the same transaction"
NOT_AUDITED = "writes only columns that are not audited"
NOT_OURS = "writes what is no task, person or queue"
READS = "only reads"
SIGNALLED = "simple-history writes the row when the object is saved"

KNOWN = {
    "history/writer.py save": RECORDED,
    "history/writer.py _copy_tasks": RECORDED,
    "history/writer.py _insert": RECORDED,
    "work/lifecycle.py assign_many": RECORDED,
    "work/lifecycle.py begin": NOT_AUDITED,
    "work/delivery.py _show": NOT_AUDITED,
    "work/drafts.py _write": NOT_AUDITED,
    # Only what history is made of: it says so itself, by a row of its own.
    "audit/erasure.py _replace_names": RECORDED,
    "audit/erasure.py _clear_records": NOT_OURS,
    "work/presence.py sign_in": NOT_AUDITED,
    "work/presence.py end_access": NOT_AUDITED,
    "work/presence.py seen": NOT_AUDITED,
    "work/presence.py became_free": NOT_AUDITED,
    "work/sweep.py raise_tasks": RECORDED,
    "work/queue_changes.py _join": RECORDED,
    "work/queue_changes.py _move_batch": RECORDED,
    "imports/writer.py write": RECORDED,
    # Its one caller, `write`, records what it adds.
    "imports/writer.py _insert": RECORDED,
    "imports/undo.py _delete": RECORDED,
    "imports/undo.py _undo_batch": RECORDED,
    "imports/undo.py begin": NOT_OURS,
    "imports/storage.py delete_refused": NOT_OURS,
    "core/leases.py acquire": NOT_OURS,
    "core/leases.py renew": NOT_OURS,
    "imports/lease.py abandoned": NOT_OURS,
    "imports/lease.py release": NOT_OURS,
    "imports/actions.py confirm": NOT_OURS,
    "imports/actions.py delete_expired": NOT_OURS,
    "imports/actions.py read_as": NOT_OURS,
    "imports/actions.py receive": NOT_OURS,
    "imports/actions.py stop": NOT_OURS,
    "imports/validation.py __init__": NOT_OURS,
    "imports/validation.py first": NOT_OURS,
    "exports/formats.py xlsx_file": NOT_OURS,
    "work/bulk_changes.py carry_on": NOT_OURS,
    "work/bulk_changes.py stop": NOT_OURS,
    "work/bulk_changes.py delete_expired": NOT_OURS,
    "work/bulk_changes.py _run_batch": NOT_OURS,
    "work/bulk_changes.py _run_step": NOT_OURS,
    "audit/seals/sealing.py _keep": NOT_OURS,
    "audit/seals/verification_runs.py run": NOT_OURS,
    "audit/seals/external_copies.py post": NOT_OURS,
    "audit/archive/archiver.py _record": NOT_OURS,
    # What goes is in a file that was verified, and an event says so.
    "audit/archive/archiver.py _remove": RECORDED,
    "tasks.py tidy": NOT_OURS,
    "api/views.py post": NOT_OURS,
    "core/compiled_queries.py rows": READS,
    # Who calls it stands in this list.
    "core/compiled_queries.py insert_rows": RECORDED,
    "work/backlog.py _union_all": READS,
    "reports/percentiles.py times_of": READS,
    "history/consistency.py _history_ids": READS,
    "admin/people/admin.py _set_roles": RECORDED,
    "admin/people/admin.py _set_queues": RECORDED,
    "admin/people/forms.py save": SIGNALLED,
    "admin/sign_in/forms.py save": SIGNALLED,
    "admin/shared/base.py save_columns": RECORDED,
    "management/commands/demo_data.py add_people": RECORDED,
    "management/commands/demo_data.py add_tasks": RECORDED,
    "management/commands/demo_data.py spread": SIGNALLED,
    "management/commands/load_demo.py record_loaded": RECORDED,
}


def writes_in(tree: ast.AST) -> Iterator[str]:
    """Return the name of each function that writes something."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and any(
            is_write(node) for node in ast.walk(function) if isinstance(node, ast.Call)
        ):
            yield function.name


def is_write(call: ast.Call) -> bool:
    """Return whether a call writes to the database."""
    for function in functions_of(call.func):
        if not isinstance(function, ast.Attribute):
            continue
        if isinstance(function.value, ast.Name) and function.value.id == "history":
            continue
        if function.attr in WRITES:
            return True
        # With keywords it is a queryset's; a dictionary takes another one.
        if function.attr == "update" and call.keywords:
            return True
        members = isinstance(function.value, ast.Attribute) and function.value.attr in MEMBERS
        if members and function.attr in CHANGES_OF_MEMBERS:
            return True
    return False


def functions_of(function: ast.expr) -> Iterator[ast.expr]:
    """Return what may be called: of a choice, both."""
    if isinstance(function, ast.IfExp):
        yield from (function.body, function.orelse)
    else:
        yield function


def all_writes() -> set[str]:
    return {
        f"{path.relative_to(QC)} {name}"
        for path in QC.rglob("*.py")
        if "migrations" not in path.parts
        for name in writes_in(ast.parse(path.read_text()))
    }


def test_every_write_to_the_database_is_listed() -> None:
    new = all_writes() - set(KNOWN)
    assert not new, "write through qc.history.writer, or say here why there is no row to leave"


def test_list_of_writes_has_no_obsolete_entries() -> None:
    assert not set(KNOWN) - all_writes()


def test_each_way_to_write_is_recognised() -> None:
    for line in (
        "Task.objects.filter(pk=1).update(name='x')",
        "User.objects.bulk_create(people)",
        "Task.objects.filter(pk=1).delete()",
        "cursor.execute('UPDATE qc_task SET name = 1')",
        "task.save()",
        "compiled_queries.insert_rows('qc_task', columns, {})",
        "person.groups.add(role)",
        "(queue.people.add if on else queue.people.remove)(person)",
    ):
        assert list(writes_in(ast.parse(f"def f():\n    {line}"))) == ["f"], line
    for line in ("counts.update({1: 2})", "history.save(task)", "people.add(1)", "seen.add(2)"):
        assert not list(writes_in(ast.parse(f"def f():\n    {line}"))), line
