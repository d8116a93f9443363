"""The columns that ours reads and writes, in SQL, for the limits to compare with."""

COLUMNS = (
    "id, reference, name, queue_id, priority, due_at, raised, raise_at, instructions, link,"
    " details, status, assignee_id, slot, assigned_at, started_at, completed_at, outcome, notes,"
    " plan_id, findings, lot_size, inspected, rejected, purpose, origin_id, released_by_id,"
    " next_for_id, next_at, created_at, created_by_id"
)
"""Those of a task that its history has too."""

TASK = f"{COLUMNS}, shown_at, draft, draft_version, draft_outcome, draft_findings"
"""All of a task."""

OF_QUEUE = ", ".join(
    f"(SELECT {name} FROM qc_queue q WHERE q.id = queue_id) AS queue_{name}"
    for name in ("name", "scan_to_start", "plan_id", "needs_defects", "counts_quantities")
)
"""What is read of a task's queue with the task."""

SERVED = (
    "SELECT id, name, scan_to_start, plan_id, needs_defects, counts_quantities,"
    " (SELECT GROUP_CONCAT(slot) FROM qc_task WHERE assignee_id = %(person)s"
    " AND slot IS NOT NULL) AS used,"
    " (SELECT GROUP_CONCAT(id) FROM qc_task WHERE next_for_id = %(person)s) AS line"
    " FROM qc_queue WHERE is_paused = 0 AND is_closed = 0 AND (EXISTS (SELECT 1 FROM"
    " qc_queue_people WHERE queue_id = qc_queue.id AND user_id = %(person)s) OR (open_to_all = 1"
    " AND EXISTS (SELECT 1 FROM qc_user_groups g JOIN auth_group a ON a.id = g.group_id"
    " WHERE g.user_id = %(person)s AND a.name = 'QC staff')))"
)
"""The queues from which a person gets tasks, the slots they use, and their line."""
