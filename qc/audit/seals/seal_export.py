"""Sealed rows with their seals, to be verified without QC Desk: docs/verify_audit.py."""

from collections.abc import Iterator, Mapping
from typing import Any

from qc.audit.seals import archived_rows
from qc.audit.seals.external_copies import line
from qc.audit.seals.verification import late_spans, rows_of, seals_between
from qc.core.id_spans import Spans, ids_of, spans_of
from qc.models import Seal


def lines(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Return each seal with the digests of its rows, and those rows as they are now."""
    late = late_spans()
    for seal in seals_between(first, last):
        yield with_rows(seal, late)


def with_rows(seal: Seal, late: Mapping[str, Spans]) -> dict[str, Any]:
    """Return a seal with its rows, and the spans of those left out, which are in archives."""
    rows = rows_of(seal, late)
    missing = set(ids_of(seal.ids)) - rows.keys()
    told = [[row.pk, row.content, row.opened] for row in rows.values()]
    left_out = spans_of(sorted(archived_rows.left_out(seal, missing)))
    return alone(seal) | {"rows": told} | ({"left_out": left_out} if left_out else {})


def alone(seal: Seal) -> dict[str, Any]:
    """Return a seal with the digests of its rows, without them."""
    return {"seal": line(seal), "digests": bytes(seal.digests).hex()}
