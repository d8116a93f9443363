"""Sealed rows with their seals, to be verified without QC Desk: docs/verify_audit.py."""

from collections.abc import Iterator
from typing import Any

from qc.outside import line
from qc.verification import late_spans, rows_of, seals_between


def lines(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Gives each seal with the digests of its rows, and those rows as they are now."""
    late = late_spans()
    for seal in seals_between(first, last):
        rows = [[row.pk, row.content, row.opened] for row in rows_of(seal, late).values()]
        yield {"seal": line(seal), "digests": bytes(seal.digests).hex(), "rows": rows}
