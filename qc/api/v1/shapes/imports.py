"""Imports as the API answers them."""

from typing import Any

from qc.api.v1.shapes.moments import moment
from qc.imports import answers
from qc.models import Import


def of_line(record: Import) -> dict[str, Any]:
    """Return an import as the list shows it; who uploaded it was read."""
    return {
        "id": record.pk,
        "file": record.file_name,
        "state": record.state,
        "by": record.by.username if record.by else None,
        "created_at": moment(record.created_at),
        "finished_at": moment(record.finished_at),
        "only_good": record.only_good,
        "rows": record.rows,
        "position": record.position,
        "new": record.new,
        "changed": record.changed,
        "unchanged": record.unchanged,
        "skipped": record.left_alone,
        "refused": record.refused,
        "error": record.error,
    }


def of_import(record: Import) -> dict[str, Any]:
    """Return an import with its faults, how it was read, and what is to be chosen."""
    return answers.as_json(record) | of_line(record)
