"""Requests as examples in the schema, by operation. `tests/api/test_examples.py` sends each."""

from typing import Any

JSON = "application/json"
_task = {"reference": "INV-2231", "name": "Invoice 2231", "queue": "Invoices"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "login": {"A password": {"username": "anna", "password": "demo"}},
    "taskcomplete": {"Passed": {"outcome": "passed"}},
    "create_tasks": {
        "One task": _task | {"priority": 1, "due_at": "2030-05-17T14:30:00Z", "link": ""},
        "Many tasks": [_task, _task | {"reference": "INV-2232", "details": {"supplier": "Acme"}}],
    },
    "change_task": {"Another priority": {"priority": 1, "reason": "The customer waits."}},
    "start_task": {"What was scanned": {"scanned": "INV-2231"}},
    "complete_task": {
        "Passed": {"outcome": "passed"},
        "Failed": {"outcome": "failed", "notes": "The seal is broken."},
    },
    "give_task_back": {"A reason": {"reason": "The drawing is missing."}},
    "assign_task": {"To a person": {"person": "anna", "reason": "She knows the supplier."}},
    "give_task_next": {"To a person": {"person": "anna"}},
    "put_task_on_hold": {"A reason": {"reason": "The drawing is being changed."}},
    "resume_task": {"A reason": {"reason": "The drawing is there."}},
    "cancel_task": {"A reason": {"reason": "It was delivered twice."}},
    "reopen_task": {"A reason": {"reason": "The customer has complained."}},
    "comment_on_task": {"A mention": {"text": "@anna the supplier has answered."}},
    "write_check": {"Notes": {"notes": "The seal is broken.", "version": 0}},
    "take_break": {"Lunch": {"reason": "Lunch"}},
    "pause_queue": {"A reason": {"reason": "The scale is being calibrated."}},
    "resume_queue": {"A reason": {"reason": "The scale is back."}},
}


def add(operation: dict[str, Any]) -> None:
    """Add the examples of a call to its body."""
    for name, value in EXAMPLES.get(operation["operationId"], {}).items():
        content = operation["requestBody"]["content"][JSON]
        examples = content.setdefault("examples", {})
        examples[name.title().replace(" ", "")] = {"value": value, "summary": name}
