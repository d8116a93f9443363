"""Export of the audit trail: each row as a sentence with its parts, newest first, page by page.

What is said is in the site's own language, whoever exports it: the same rows make the same file.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from qc import exports, trail, trail_words
from qc.trail_filters import Asked
from qc.zones import for_the_record

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
)


def csv(asked: Asked) -> Iterator[bytes]:
    """Gives what is asked of the trail as a CSV file, in parts."""
    return exports.blocks(exports.csv_lines(_table(asked)))


def xlsx(asked: Asked) -> IO[bytes]:
    """Gives what is asked of the trail as an XLSX file, all of it text. Raises NoTable."""
    return exports.text_workbook(_table(asked))


def json_lines(asked: Asked) -> Iterator[bytes]:
    """Gives what is asked of the trail as JSON Lines, in parts: with all columns of each row."""
    told = (said | {"row": _columns(row)} for row, said in _all(asked))
    return exports.blocks(exports.json_lines(told))


def _table(asked: Asked) -> Iterator[list[str]]:
    yield [*COLUMNS]
    for _row, said in _all(asked):
        yield list(said.values())


def _all(asked: Asked) -> Iterator[tuple[Any, dict[str, str]]]:
    below = None
    while True:
        page = trail.page(asked, ROWS, below=below)
        # Nobody else's words are said in that language: not while the file waits for its reader.
        with for_the_record():
            told = [(row, _said(row)) for row in page.rows]
        yield from told
        below = page.older
        if below is None:
            return


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
        trail_words.sentence(row.table, row, _plain, _filled),
    )
    return dict(zip(COLUMNS, told, strict=True))


def _whom(row: Any) -> str:
    """Gives in whose hands it was, whose presence or account it is, or which name was tried."""
    if row.table == "task":
        return str(row.person or "")
    names = {"person": "username", "event": "name"}
    return str(getattr(row, names[row.table])) if row.table in names else ""


def _queue(row: Any) -> str:
    if row.table == "task":
        return str(row.queue)
    return str(row.name) if row.table == "queue" else ""


def _columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _plain(_kind: str, _pk: int, text: str) -> str:
    return text


def _filled(words: str, values: Mapping[str, str]) -> str:
    return words % values
