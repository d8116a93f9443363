"""What was chosen for files with the same header before: taken again, and said whose it was."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import tables
from qc.imports import reading
from qc.imports.columns import COLUMNS, detail, guess, plain_heading
from qc.imports.due_dates import DueDates
from qc.imports.reading import NOTHING_CHOSEN, Reading
from qc.models import Import, Queue
from qc.models.queues import folded


def confirmed_before(record: Import) -> Import | None:
    """Return the import last confirmed for such a header: by the same person, else by anybody."""
    confirmed = Import.objects.filter(fingerprint=record.fingerprint).exclude(confirmed_at=None)
    others = confirmed.exclude(pk=record.pk).select_related("by").order_by("-pk")
    return others.filter(by=record.by).first() or others.first()


def whose(before: Import | None) -> dict[str, Any]:
    """Return for the page and for programs whose choices were taken."""
    if before is None:
        return {}
    return {"import": before.pk, "by": before.by.username if before.by else None}


def mapping(record: Import, before: Import | None) -> list[str]:
    """Return the mapping of the import before, or else a guess; with the columns chosen.

    Raises BadFile for a chosen column that the file lacks.
    """
    chosen, names = reading.chosen(record), list(map(plain_heading, record.header))
    columns = {plain_heading(heading): ours for heading, ours in chosen.columns.items()}
    for heading in (*chosen.columns, *chosen.key):
        if plain_heading(heading) not in names:
            raise tables.BadFile(_("The file has no column “%s”.") % heading)
    # What is chosen for one column is no other's.
    taken = {*columns.values()} & {*COLUMNS}
    if chosen.key or chosen.number_prefix is not None:
        taken.add("reference")
    found = _as_before(record, before) if before else _guess(record)
    return [
        columns.get(name, detail(heading) if ours in taken else ours)
        for name, heading, ours in zip(names, record.header, found, strict=True)
    ]


def _as_before(record: Import, before: Import) -> list[str]:
    """Return the mapping of the import before: one of them may have our column of errors."""
    more = guess(record.header[len(before.mapping) :])
    return [*before.mapping[: len(record.header)], *more]


def _guess(record: Import) -> list[str]:
    """Return a mapping by the headings; the queue also by what is in the column."""
    found = guess(record.header)
    if "queue" in found:
        return found
    queues = set(map(folded, Queue.objects.open().by_name()))
    named = [
        at
        for at, samples in enumerate(record.samples)
        if found[at] not in COLUMNS and samples and queues.issuperset(map(folded, samples))
    ]
    if len(named) == 1:
        found[named[0]] = "queue"
    return found


def remembered(record: Import, before: Import | None) -> Reading:
    """Return how the rows of the file before were read; where they are, each file says itself.

    The order of day and month that a file of somebody else's proved says nothing about this one.
    Nor does a due time of all rows that is past.
    """
    if before is None:
        return NOTHING_CHOSEN
    how = replace(
        reading.of(before), encoding="", delimiter="", sheet="", header_row=None, columns={}
    )
    if _is_past(how.values.get("due_at", "")):
        how = replace(how, values=how.values | {"due_at": ""})
    if before.by_id != record.by_id and reading.findings(before).is_order_proven:
        return replace(how, day_first=reading.chosen(before).day_first)
    return how


def _is_past(due: str) -> bool:
    with suppress(ValueError, ValidationError):
        return DueDates(day_first=True).read(due) < timezone.now()
    return False
