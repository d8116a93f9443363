"""Export of the audit trail: each row as a sentence with its parts, newest first, page by page.

It is in the site's own language, whoever exports it: the same rows make the same file. Each row
names the seal that proves it. JSON Lines has the proof too: the row as it was sealed and, after
the last row of a seal that is exported, the seal itself. docs/verify_audit.py reads it.
"""

from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _

from qc.audit import trail
from qc.audit.query import TrailQuery
from qc.audit.seals import proofs
from qc.audit.seals.proofs import ExportedSeal, RowKey
from qc.audit.seals.row_hashing import HashedRow
from qc.audit.sentences import plain_sentence
from qc.core.localization import for_the_record, utc_isoformat
from qc.exports import formats
from qc.models import Seal

# So many rows are read together.
ROWS = 500
COLUMNS = (
    "moment",
    "table",
    "kind",
    "who",
    "whom",
    "task",
    "queue",
    "through",
    "reason",
    "request_id",
    "sentence",
    "seal",
    "digest",
)


class ExportPage(NamedTuple):
    """A page of the trail: its rows with their values by column, and the seals that they have."""

    rows: list[tuple[Any, dict[str, str]]]
    seals: dict[RowKey, Seal]
    older: trail.Edge | None


def csv(query: TrailQuery) -> Iterator[bytes]:
    """Return the rows that match as a CSV file, in parts."""
    return formats.blocks(formats.csv_lines(_table(query)))


def xlsx(query: TrailQuery) -> IO[bytes]:
    """Return the rows that match as an XLSX file, all of it text. Raises NoTable."""
    return formats.text_workbook(_table(query))


def json_lines(query: TrailQuery) -> Iterator[bytes]:
    """Return the rows that match as JSON Lines, in parts: with all columns of each row."""
    return formats.blocks(formats.json_lines(_proven(query)))


def _table(query: TrailQuery) -> Iterator[list[str]]:
    yield [*COLUMNS]
    for page in _pages(query):
        yield from (list(values.values()) for _row, values in page.rows)


def _pages(query: TrailQuery) -> Iterator[ExportPage]:
    older = None
    while True:
        page = trail.page(query, ROWS, below=older)
        seals = proofs.seals_of(page.rows)
        # Only for this page: others use this thread while the file waits for its reader.
        with for_the_record():
            rows = [(row, _values(row, seals.get((row.table, row.pk)))) for row in page.rows]
        yield ExportPage(rows, seals, page.older)
        older = page.older
        if older is None:
            return


def _proven(query: TrailQuery) -> Iterator[dict[str, Any]]:
    """Yield the rows as they were sealed, and each seal after its last row in the export."""
    begun: dict[int, ExportedSeal] = {}
    for page in _pages(query):
        sealed = proofs.as_sealed([row for row, _values in page.rows], page.seals)
        for row, values in page.rows:
            key = (row.table, row.pk)
            # A row that went to an archive meanwhile is left out.
            if key in sealed:
                yield values | _proof(sealed[key], begun, page.seals.get(key))
        for number in [number for number, one in begun.items() if one.is_complete(page.older)]:
            yield begun.pop(number).line()


def _proof(row: HashedRow, begun: dict[int, ExportedSeal], seal: Seal | None) -> dict[str, Any]:
    """Return what proves a row together with its seal, and note that the seal has it."""
    if seal is not None:
        begun.setdefault(seal.number, ExportedSeal(seal)).ids.add(row.pk)
    number = seal.number if seal else None
    return {"seal": number, "id": row.pk, "row": row.content, "opened": row.openings}


def _values(row: Any, seal: Seal | None) -> dict[str, str]:
    values = (
        utc_isoformat(row.history_date, "microseconds"),
        row.table,
        row.kind or row.history_type,
        str(row.history_user or ""),
        _whom(row),
        row.reference if row.table == "task" else "",
        _queue(row),
        row.through,
        row.why,
        row.request_id,
        plain_sentence(row),
        str(seal.number) if seal else _("not sealed yet"),
        seal.hex_of(row.pk) if seal else "",
    )
    return dict(zip(COLUMNS, values, strict=True))


def _whom(row: Any) -> str:
    """Return who had or got the task, whose account it is, or which name was tried."""
    if row.table == "task":
        return str(row.person or "")
    names = {"person": "username", "event": "name"}
    return str(getattr(row, names[row.table])) if row.table in names else ""


def _queue(row: Any) -> str:
    if row.table == "task":
        return str(row.queue)
    return str(row.name) if row.table == "queue" else ""
