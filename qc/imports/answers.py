"""What an import says of itself as JSON: the same in the API and in the console."""

from dataclasses import asdict
from typing import Any

from qc import imports
from qc.imports import options, reading
from qc.imports.choice import Choice
from qc.imports.choices import open_choices
from qc.imports.notes import notes
from qc.models import Import, ImportState
from qc.models.imports import COUNTS

# What was seen in a file that is worth a word.
SEEN = ("sheets", "totals", "zeros_lost", "remembered")


def as_json(record: Import, *, in_shell: bool = False) -> dict[str, Any]:
    """Return an import's state and counts, its faults, how it was read and what is to be chosen."""
    faults = [] if record.is_running else imports.faults(record)
    counts = {name: getattr(record, name) for name in COUNTS}
    return {
        "id": record.pk,
        "file": record.file_name,
        "sha256": record.sha256,
        "state": record.state,
        "by": record.by.username if record.by else None,
        "only_good": record.only_good,
        "rows": record.rows,
        "position": record.position,
        "counts": counts,
        **counts,
        "skipped": record.left_alone,
        "faults": [vars(fault) for fault in faults],
        "error": record.error,
        "read": _read(record),
        "notes": notes(record),
        "choices": [_choice(one, in_shell) for one in open_choices(record)],
    }


def of_unread(error: str) -> dict[str, Any]:
    """Return the same of a file that is no table, and so is not kept."""
    counts = dict.fromkeys((*COUNTS, "skipped"), 0)
    nothing: dict[str, Any] = {"faults": [], "read": {}, "choices": []}
    return {"state": ImportState.FAILED, **counts, **nothing, "error": error}


def needs_choice(record: Import) -> bool:
    """Return whether an answer to an open choice would have more of the file imported."""
    is_open = record.state in (ImportState.MAPPING, ImportState.REFUSED, ImportState.READY)
    lacks = record.state == ImportState.MAPPING or bool(record.refused)
    return is_open and lacks and bool(open_choices(record))


def _read(record: Import) -> dict[str, Any]:
    """Return how a file was read, what was seen in it, and whose choices were taken."""
    found = asdict(reading.findings(record))
    return {
        "format": record.kind,
        **asdict(reading.of(record)),
        "mapping": dict(zip(record.header, record.mapping, strict=True)),
        **{name: found[name] for name in SEEN},
    }


def _choice(choice: Choice, in_shell: bool) -> dict[str, Any]:
    return choice.as_json() | {"pass": options.answer_of(choice, in_shell=in_shell)}
