"""Export of the audit trail: each row as a sentence with its parts, newest first, page by page.

What is said is in the site's own language, whoever exports it: the same rows make the same file.
Each row says by which seal it is proven. JSON Lines has what that takes: the row as it was sealed
and, once all that is wanted of a seal has gone by, the seal itself. docs/verify_audit.py reads it.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _

from qc import exports
from qc.audit import sentences, trail
from qc.audit.query import TrailQuery
from qc.audit.seals import proofs
from qc.audit.seals.proofs import Begun, RowKey
from qc.audit.seals.row_hashing import HashedRow
from qc.core.localization import for_the_record
from qc.models import Seal

# So many rows are read together.
ROWS = 500
SAID = (
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
)
# By which seal it is proven.
PROOF = ("seal", "digest")
COLUMNS = (*SAID, *PROOF)


class ExportPage(NamedTuple):
    """A page of the trail: its rows with what is said of them, and the seals that they have."""

    rows: list[tuple[Any, dict[str, str]]]
    seals: dict[RowKey, Seal]
    older: trail.Edge | None


def csv(asked: TrailQuery) -> Iterator[bytes]:
    """Return what is asked of the trail as a CSV file, in parts."""
    return exports.blocks(exports.csv_lines(_table(asked)))


def xlsx(asked: TrailQuery) -> IO[bytes]:
    """Return what is asked of the trail as an XLSX file, all of it text. Raises NoTable."""
    return exports.text_workbook(_table(asked))


def json_lines(asked: TrailQuery) -> Iterator[bytes]:
    """Return what is asked of the trail as JSON Lines, in parts: with all columns of each row."""
    return exports.blocks(exports.json_lines(_proven(asked)))


def _table(asked: TrailQuery) -> Iterator[list[str]]:
    yield [*COLUMNS]
    for part in _parts(asked):
        yield from (list(said.values()) for _row, said in part.rows)


def _parts(asked: TrailQuery) -> Iterator[ExportPage]:
    below = None
    while True:
        page = trail.page(asked, ROWS, below=below)
        seals = proofs.seals_of(page.rows)
        # Nobody else's words are said in that language: not while the file waits for its reader.
        with for_the_record():
            told = [(row, _said(row) | _sealed(row, seals)) for row in page.rows]
        yield ExportPage(told, seals, page.older)
        below = page.older
        if below is None:
            return


def _proven(asked: TrailQuery) -> Iterator[dict[str, Any]]:
    """Return the rows as they were sealed, and each seal after the last row that it has here."""
    begun: dict[int, Begun] = {}
    for part in _parts(asked):
        kept = proofs.as_sealed([row for row, _said in part.rows], part.seals)
        for row, said in part.rows:
            key = (row.table, row.pk)
            # One that went to an archive meanwhile is left out.
            if key in kept:
                yield said | _as_sealed(kept[key], begun, part.seals.get(key))
        for number in [number for number, one in begun.items() if one.is_over(part.older)]:
            yield begun.pop(number).line()


def _as_sealed(row: HashedRow, begun: dict[int, Begun], seal: Seal | None) -> dict[str, Any]:
    """Return what proves a row, together with its seal."""
    if seal is not None:
        begun.setdefault(seal.number, Begun(seal)).ids.add(row.pk)
    number = seal.number if seal else None
    return {"seal": number, "id": row.pk, "row": row.content, "opened": row.opened}


def _sealed(row: Any, seals: Mapping[RowKey, Seal]) -> dict[str, str]:
    """Say by which seal a row is proven."""
    seal = seals.get((row.table, row.pk))
    told = (str(seal.number), seal.hex_of(row.pk)) if seal else (_("not sealed yet"), "")
    return dict(zip(PROOF, told, strict=True))


def _said(row: Any) -> dict[str, str]:
    told = (
        exports.exactly(row.history_date),
        row.table,
        row.kind or row.history_type,
        str(row.history_user or ""),
        _whom(row),
        row.reference if row.table == "task" else "",
        _queue(row),
        row.through,
        row.why,
        row.request_id,
        sentences.sentence(row.table, row, _plain, _filled),
    )
    return dict(zip(SAID, told, strict=True))


def _whom(row: Any) -> str:
    """Return in whose hands it was, whose presence or account it is, or which name was tried."""
    if row.table == "task":
        return str(row.person or "")
    names = {"person": "username", "event": "name"}
    return str(getattr(row, names[row.table])) if row.table in names else ""


def _queue(row: Any) -> str:
    if row.table == "task":
        return str(row.queue)
    return str(row.name) if row.table == "queue" else ""


def _plain(_kind: str, _pk: int, text: str) -> str:
    return text


def _filled(words: str, values: Mapping[str, str]) -> str:
    return words % values
