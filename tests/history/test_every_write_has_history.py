"""A list of all places that write to the database, and why their history is complete.

A new one fails here until it is listed: write through `qc.history.writer`, which writes the row, or
add below why no row is needed.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

QC = Path(__file__).parents[2] / "qc"

WRITES = {"bulk_create", "bulk_update", "delete", "_raw_delete", "save", "execute"}
WRITES |= {"insert_rows", "update_row"}
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
    "history/writer.py together": RECORDED,
    # A queue's plan: its row of history is written by the same function. What is being edited is
    # not audited, the versions that it makes are.
    "checks/plans.py _use": RECORDED,
    "checks/plans.py copy": NOT_AUDITED,
    "admin/check_plans/forms.py save": NOT_AUDITED,
    "admin/check_plans/resource.py store": NOT_AUDITED,
    "work/line.py _end": RECORDED,
    # Who is named in a comment, which is a row of history itself; and how many they have not read.
    "work/comments.py _mention": NOT_AUDITED,
    "work/comments.py _read": NOT_AUDITED,
    "work/lifecycle/columns.py save": RECORDED,
    "work/lifecycle/assigning.py _write_assigned": RECORDED,
    "work/lifecycle/unassigning.py take_back_many": RECORDED,
    "work/lifecycle/starting.py begin": NOT_AUDITED,
    "work/delivery.py _show": NOT_AUDITED,
    "work/drafts.py _write": NOT_AUDITED,
    # They repeat the findings of the task, whose row is written in the same transaction.
    "checks/recording.py record": NOT_OURS,
    "checks/recording.py forget": NOT_OURS,
    # Only what history is made of: it says so itself, by a row of its own.
    "audit/erasure.py _replace_names": RECORDED,
    "audit/erasure.py _clear_records": NOT_OURS,
    # The same password, stored in a newer way.
    "models/people.py check_password": NOT_AUDITED,
    "models/people.py store": NOT_AUDITED,
    # What somebody wants to see is no record of work.
    "admin/tasks/saved_views.py _save": NOT_OURS,
    "admin/tasks/saved_views.py delete_saved": NOT_OURS,
    # The words by which tasks are found repeat what is in their columns.
    "models/search.py _execute": NOT_OURS,
    "models/search.py leave_gap": NOT_OURS,
    "work/search.py fill": NOT_OURS,
    "models/tasks.py save": SIGNALLED,
    "models/people.py save": SIGNALLED,
    "models/people.py _save_columns": SIGNALLED,
    "models/people.py _save_password": SIGNALLED,
    "work/presence.py sign_in": NOT_AUDITED,
    "models/people.py end_access": NOT_AUDITED,
    # Sessions, tokens and their list: each begins and ends with an event.
    "models/people.py end_sign_ins": NOT_OURS,
    "models/sign_ins.py end": NOT_OURS,
    "audit/sign_ins.py begin": NOT_AUDITED,
    # Each freezing and each removal leaves an event.
    "audit/baselines.py remove": NOT_OURS,
    # Service tokens: each change leaves an event; their accounts leave their rows.
    "audit/service_tokens.py make": NOT_OURS,
    "audit/service_tokens.py change": NOT_OURS,
    "audit/service_tokens.py renew": NOT_OURS,
    "audit/service_tokens.py revoke": NOT_OURS,
    "audit/service_tokens.py used": NOT_OURS,
    "audit/service_tokens.py _new_account": RECORDED,
    # Second factors: each change leaves an event.
    "audit/second_factors.py _uses_counter": NOT_OURS,
    "audit/second_factors.py rename": NOT_OURS,
    "audit/second_factors.py remove": NOT_OURS,
    "audit/second_factors.py make_recovery_codes": NOT_OURS,
    "audit/second_factors.py delete_all": NOT_OURS,
    "web/new_devices.py _warn": NOT_AUDITED,
    "web/session_store.py cycle_key": NOT_OURS,
    "web/session_store.py delete": NOT_OURS,
    "web/sign_ins.py note_use": NOT_OURS,
    "work/presence.py seen": NOT_AUDITED,
    "work/presence.py became_free": NOT_AUDITED,
    "work/presence.py _restart_idle_time": NOT_AUDITED,
    "work/guards.py write_people": NOT_AUDITED,
    "work/rework.py _ids_of_chain": READS,
    "core/keyset.py _ids_of_all": READS,
    "audit/on_demand.py carry_on": NOT_OURS,
    # Each change of a code leaves an event.
    "checks/defect_codes.py switch": NOT_OURS,
    "checks/defect_codes.py delete": NOT_OURS,
    "checks/defect_codes.py also_in": NOT_OURS,
    "admin/defect_codes/admin.py delete_model": NOT_OURS,
    # Each change of an alert leaves an event; what it has told of and its messages are no history.
    "admin/webhooks/steps.py delete_page": "calls qc.webhooks.delete, which records it",
    "alerts/changes.py forget_obsolete": NOT_OURS,
    "alerts/checking.py leave_messages": NOT_OURS,
    "alerts/checking.py update_incidents": NOT_OURS,
    "alerts/digest.py _leave": NOT_OURS,
    "alerts/sending.py _claim": NOT_OURS,
    "alerts/sending.py _note": NOT_OURS,
    "alerts/sending.py _send": NOT_OURS,
    "alerts/sending.py delete_old": NOT_OURS,
    # Each change of a webhook leaves an event; the log of events repeats the history of tasks.
    "webhooks/attempts.py _claim": NOT_OURS,
    "webhooks/attempts.py _note_failure": NOT_OURS,
    "webhooks/attempts.py _note_success": NOT_OURS,
    "webhooks/attempts.py _write_down": NOT_OURS,
    "webhooks/by_hand.py _redeliver_some": NOT_OURS,
    "webhooks/by_hand.py redeliver": NOT_OURS,
    "webhooks/by_hand.py send_test": NOT_OURS,
    "webhooks/changes.py _update": NOT_OURS,
    "webhooks/changes.py change": NOT_OURS,
    "webhooks/changes.py create": NOT_OURS,
    "webhooks/changes.py delete": NOT_OURS,
    "webhooks/changes.py rotate": NOT_OURS,
    "webhooks/changes.py switch_off": NOT_OURS,
    "webhooks/changes.py switch_on": NOT_OURS,
    "webhooks/fanout.py _make": NOT_OURS,
    "webhooks/fanout.py make_deliveries": NOT_OURS,
    "webhooks/fanout.py drop": NOT_OURS,
    "webhooks/fanout.py drop_all": NOT_OURS,
    "webhooks/fanout.py make_next_due": NOT_OURS,
    "webhooks/log.py _collect_batch": NOT_OURS,
    "webhooks/log.py _delete_batch": NOT_OURS,
    "webhooks/log.py _insert": NOT_OURS,
    "webhooks/log.py delete_batch": NOT_OURS,
    "webhooks/log.py delete_old": NOT_OURS,
    "webhooks/sending.py delete_old": NOT_OURS,
    "webhooks/sending.py release": NOT_OURS,
    "webhooks/sending.py to_run": NOT_OURS,
    "work/sweep.py raise_tasks": RECORDED,
    "work/sweep.py sign_out_if_unseen": RECORDED,
    "work/queue_changes.py _join": RECORDED,
    "work/queue_changes.py _move_batch": RECORDED,
    # Their callers record what they add and change.
    "imports/writer.py save_changed": RECORDED,
    "imports/writer.py _insert": RECORDED,
    "imports/undo.py _delete": RECORDED,
    "imports/undo.py begin": NOT_OURS,
    "imports/storage.py delete": NOT_OURS,
    "imports/storage.py delete_doubled": NOT_OURS,
    "imports/storage.py delete_refused": NOT_OURS,
    "core/leases.py acquire": NOT_OURS,
    "core/leases.py renew": NOT_OURS,
    "imports/lease.py abandoned": NOT_OURS,
    "imports/lease.py release": NOT_OURS,
    "imports/actions.py confirm": NOT_OURS,
    "imports/actions.py _delete_file": NOT_OURS,
    "imports/actions.py delete_expired": NOT_OURS,
    "imports/actions.py read_as": NOT_OURS,
    "imports/actions.py receive": NOT_OURS,
    "imports/actions.py stop": NOT_OURS,
    "imports/validation.py __init__": NOT_OURS,
    "imports/validation.py first": NOT_OURS,
    "exports/empty_files.py xlsx": NOT_OURS,
    "exports/formats.py xlsx_file": NOT_OURS,
    "monitoring/checks.py database": READS,
    "monitoring/job_runs.py _begin": NOT_OURS,
    "monitoring/job_runs.py _end": NOT_OURS,
    "work/bulk_changes.py carry_on": NOT_OURS,
    "work/bulk_changes.py _run_step": NOT_OURS,
    "work/bulk_changes.py stop": NOT_OURS,
    "work/bulk_changes.py delete_expired": NOT_OURS,
    "work/bulk_changes.py _run_batch": NOT_OURS,
    "audit/seals/sealing.py _insert": NOT_OURS,
    "audit/seals/verification_runs.py run": NOT_OURS,
    "audit/seals/verification_runs.py compare_with_copy": NOT_OURS,
    "web/throttling.py reset_user_attempts": NOT_OURS,
    # It updates no row, but a line of the log.
    "web/errors.py filter": READS,
    "audit/seals/external_copies.py post": NOT_OURS,
    "audit/archive/archiver.py _record": NOT_OURS,
    # What goes is in a file that was verified, and an event says so.
    "audit/archive/archiver.py _remove": RECORDED,
    "tasks.py tidy": NOT_OURS,
    "api/views.py post": NOT_OURS,
    # Keys of calls and their answers; what the calls do leaves its rows.
    "api/v1/idempotency.py _added": NOT_OURS,
    "api/v1/idempotency.py _in_steps": NOT_OURS,
    "api/v1/idempotency.py _keep_refusal": NOT_OURS,
    "api/v1/idempotency.py _noted": NOT_OURS,
    "api/v1/idempotency.py _reserved": NOT_OURS,
    "api/v1/idempotency.py _store": NOT_OURS,
    "core/database_checks.py check_collations": READS,
    "core/compiled_queries.py _most_bytes": READS,
    "core/compiled_queries.py rows": READS,
    # Who calls it stands in this list.
    "core/compiled_queries.py insert_rows": RECORDED,
    "core/compiled_queries.py update_row": RECORDED,
    "imports/planner.py _ids_of": READS,
    "work/backlog.py _union_all": READS,
    "web/looks.py read": READS,
    "work/backlog.py heads_for": READS,
    "work/backlog.py peek": READS,
    "reports/percentiles.py times_of": READS,
    "history/consistency.py _history_ids": READS,
    # Files of checks: each that comes or goes leaves an event.
    "checks/evidence/actions.py add": NOT_OURS,
    "checks/evidence/actions.py _remove": NOT_OURS,
    "checks/evidence/pictures.py _stored": NOT_OURS,
    "checks/evidence/pictures.py _thumbnail": NOT_OURS,
    "checks/evidence/retention.py _delete_unknown": NOT_OURS,
    "checks/evidence/retention.py _remove_batch": NOT_OURS,
    "checks/evidence/storage.py _save": NOT_OURS,
    "checks/evidence/storage.py delete": NOT_OURS,
    "checks/evidence/storage.py discard": NOT_OURS,
    "audit/evidence_files.py run": NOT_OURS,
    "checks/plan_pictures.py _stored": NOT_OURS,
    # Each name that is unlocked leaves an event.
    "admin/people/lockouts.py _forget": NOT_OURS,
    "work/accounts.py set_roles": RECORDED,
    "work/memberships.py _write": RECORDED,
    "admin/people/resource.py save_instance": RECORDED,
    "admin/queues/resource.py save_instance": RECORDED,
    "admin/people/forms.py save": SIGNALLED,
    "admin/sign_in/forms.py save": SIGNALLED,
    "admin/sign_in/identities.py _add": RECORDED,
    "admin/sign_in/identities.py _link": RECORDED,
    "admin/sign_in/identities.py _set_roles": RECORDED,
    "admin/shared/base.py save_columns": RECORDED,
    "management/demo/past.py _write": RECORDED,
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
        "compiled_queries.update_row(task, ['name'])",
        "person.groups.add(role)",
        "(queue.people.add if on else queue.people.remove)(person)",
    ):
        assert list(writes_in(ast.parse(f"def f():\n    {line}"))) == ["f"], line
    for line in ("counts.update({1: 2})", "history.save(task)", "people.add(1)", "seen.add(2)"):
        assert not list(writes_in(ast.parse(f"def f():\n    {line}"))), line
