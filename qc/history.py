"""Writes the history rows: who, when, why and through what, one for each change."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.db.models.signals import post_save
from django.utils import timezone

from qc.models import Task, User
from qc.origin import kind_of_change

BATCH = 500


def save(  # noqa: PLR0913
    item: Any,
    *,
    kind: str,
    by: User | None,
    reason: str = "",
    fields: Iterable[str] | None = None,
    person: int | None = None,
) -> None:
    """Saves one task, person or queue, and its one history row.

    `item` must have been read under its lock: the row copies every column as it is in memory.
    `fields` are the columns that changed; `by` is None for a job; `person` is the id of whose
    hands a task came into or left.
    """
    created = item._state.adding
    with without_history(item):
        item.save(update_fields=fields)
    if _rows_of(item.__class__)._history_m2m_fields:
        with kind_of_change(kind):
            record_saved(item, by=by, reason=reason, created=created)
    else:
        people = [person] if person else None
        record_many([item], kind=kind, by=by, reasons=[reason], created=created, people=people)


def record_many(  # noqa: PLR0913
    items: Sequence[Any],
    *,
    kind: str,
    by: User | None,
    reasons: Sequence[str],
    created: bool = False,
    people: Sequence[int] | None = None,
) -> None:
    """Writes one history row for each item that has just been written without one.

    `items` are of one model and hold what is in the database now; `reasons` go with them, and
    for tasks that came into or left somebody's hands `people`, the ids of whose.
    """
    if not items:
        return
    row_of = _rows_of(items[0].__class__)
    columns = [field.attname for field in row_of.tracked_fields]
    how = {"history_type": "+" if created else "~", "history_user": by, "kind": kind}
    now = timezone.now()
    rows = [
        row_of(
            **{name: getattr(item, name) for name in columns},
            **how,
            history_date=now,
            history_change_reason=reason,
        )
        for item, reason in zip(items, reasons, strict=True)
    ]
    for row, person in zip(rows, people or (), strict=people is not None):
        row.person_id = person
    row_of.objects.bulk_create(rows, batch_size=BATCH)


@contextmanager
def without_history(item: Any) -> Iterator[None]:
    """Keeps simple-history from writing a row of its own for what is saved inside."""
    item.skip_history_when_saving = True
    try:
        yield
    finally:
        del item.skip_history_when_saving


@functools.cache
def _rows_of(model: type[models.Model]) -> Any:
    # simple-history makes the manager anew each time it is asked for.
    return model.history.model  # type: ignore[attr-defined]


def of(item: models.Model) -> Any:
    """Gives an item's history rows with their people, newest first."""
    history: Any = item.history  # type: ignore[attr-defined]
    return history.select_related(*people_of(history.model))


def of_tasks(person: User) -> Any:
    """Gives the history rows of tasks that came into this person's hands, or left them."""
    return Task.history.filter(person=person)


def people_of(row: Any) -> list[str]:
    """Gives the names under which a kind of history row has the people whom it names."""
    return ["history_user"] + (["person"] if hasattr(row, "person") else [])


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
