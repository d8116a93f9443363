"""Writes the history rows: who, when, why and through what, one for each change."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models
from django.db.models.signals import post_save

from qc.models import User
from qc.origin import kind_of_change

BATCH = 500


def save(
    item: Any, *, kind: str, by: User | None, reason: str = "", fields: Iterable[str] | None = None
) -> None:
    """Saves one task, person or queue, and its one history row.

    `item` must have been read under its lock: the row copies every column as it is in memory.
    `fields` are the columns that changed; `by` is None for a job.
    """
    item._history_user, item._change_reason = by, reason
    try:
        with kind_of_change(kind):
            item.save(update_fields=fields)
    finally:
        del item._history_user, item._change_reason


def record_many(
    items: Sequence[Any],
    *,
    kind: str,
    by: User | None,
    reasons: Sequence[str],
    created: bool = False,
) -> None:
    """Writes one history row for each item that a bulk statement has just written.

    `items` are of one model and hold what is in the database now; `reasons` go with them.
    """
    if not items:
        return
    for item, reason in zip(items, reasons, strict=True):
        item._history_user, item._change_reason = by, reason
    with kind_of_change(kind):
        items[0].history.bulk_history_create(items, batch_size=BATCH, update=not created)
    for item in items:
        del item._history_user, item._change_reason


def of(item: models.Model) -> Any:
    """Gives an item's history rows with their people, newest first."""
    history: Any = item.history  # type: ignore[attr-defined]
    return history.select_related("history_user")


def record_saved(item: Any, *, by: User | None, reason: str = "", created: bool) -> None:
    """Writes the one history row of an item saved in several steps, its relations included.

    Meanwhile `item.skip_history_when_saving` was set. simple-history listens to `post_save`
    and copies the relations as they are in the database then: it is told when all is there.
    """
    item._history_user, item._change_reason = by, reason
    try:
        post_save.send(type(item), instance=item, created=created, raw=False, using=item._state.db)
    finally:
        del item._history_user, item._change_reason
