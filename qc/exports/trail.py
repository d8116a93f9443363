"""Export of the audit trail: each row as a sentence with its parts, newest first, page by page.

It is in the site's own language, so that the same rows make the same file for everybody. Each row
names the seal that proves it. JSON Lines has the proof too: the row as it was sealed, and each
seal after the last of its rows that is exported. verify_audit.py reads it.
"""

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import IO, Any

from django.utils.translation import gettext as _

from qc.audit import trail
from qc.audit.query import TrailQuery
from qc.audit.seals import proofs
from qc.audit.sentences import plain_sentence
from qc.core.localization import for_the_record, utc_isoformat
from qc.exports import formats
from qc.history.names import called, subject


def _by_table(**attributes: str) -> Callable[[Any], str]:
    """Return a function that reads the attribute named for the row's table, or ""."""
    return lambda row: str(getattr(row, attributes.get(row.table, ""), None) or "")


# Rows read per query.
ROWS = 500
COLUMNS: dict[str, Callable[[Any], str]] = {
    "moment": lambda row: utc_isoformat(row.history_date, "microseconds"),
    "table": attrgetter("table"),
    "kind": lambda row: row.kind or row.history_type,
    # People as they were called then, and as they are called now.
    "who": lambda row: called(row, row.history_user_id).then,
    "who_now": lambda row: called(row, row.history_user_id).now,
    "whom": lambda row: row.name if row.table == "event" else called(row, subject(row)).then,
    "whom_now": lambda row: called(row, subject(row)).now,
    "task": _by_table(task="reference"),
    "queue": _by_table(task="queue", queue="name"),
    "through": attrgetter("through"),
    "reason": attrgetter("why"),
    "request_id": attrgetter("request_id"),
    "sentence": plain_sentence,
    "seal": lambda row: str(row.seal.number) if row.seal else _("not sealed yet"),
    "digest": lambda row: row.seal.hex_of(row.pk) if row.seal else "",
}
# A row of the trail with its texts by column.
RowTexts = tuple[Any, dict[str, str]]


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
    for rows, _older in _pages(query):
        yield from (list(texts.values()) for _row, texts in rows)


def _pages(query: TrailQuery) -> Iterator[tuple[list[RowTexts], trail.Edge | None]]:
    """Yield the rows of each page with their texts, and the edge at which the next page begins."""
    older = None
    while True:
        page = trail.page(query, ROWS, below=older)
        proofs.add_seals(page.rows)
        # Only for this page: between pages, the thread may serve other requests.
        with for_the_record():
            rows = [(row, {name: text(row) for name, text in COLUMNS.items()}) for row in page.rows]
        yield rows, page.older
        older = page.older
        if older is None:
            return


def _proven(query: TrailQuery) -> Iterator[dict[str, Any]]:
    """Yield the rows as they were sealed, and each seal after its last row in the export."""
    begun: dict[int, proofs.ExportedSeal] = {}
    for rows, older in _pages(query):
        sealed = proofs.as_sealed([row for row, _texts in rows])
        for row, texts in rows:
            # A row that was archived meanwhile is left out.
            if proof := sealed.get((row.table, row.pk)):
                number = None
                if row.seal:
                    number = row.seal.number
                    begun.setdefault(number, proofs.ExportedSeal(row.seal)).ids.add(row.pk)
                content = {"id": row.pk, "row": proof.content, "opened": proof.openings}
                yield texts | {"seal": number} | content
        for number in [number for number, seal in begun.items() if seal.is_complete(older)]:
            yield begun.pop(number).line()
