"""JSON in the one spelling in which the audit trail is hashed: equal content has equal hashes."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

# Made once: `json.dumps` makes an encoder for each call with options of its own.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def canonical(value: Any) -> str:
    """Return a value as canonical JSON."""
    return _encode(value)


def moment(when: datetime) -> str:
    """Return a moment as canonical JSON has it: in UTC, to the microsecond.

    It must never change: hashes are of it. Exports use `qc.core.localization.utc_isoformat`.
    """
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def hashed(content: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
