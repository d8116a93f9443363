"""Copies of the seals outside the database, where its owner can't forge them.

A copy has the content and the hash of each seal, one JSON object a line. It has no rows, so it
reveals nothing of what happened. What can't be written or posted now is tried again next time.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.client import HTTPException
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from urllib.request import Request, urlopen

from django.conf import settings

from qc.audit.seals.verification import seals_from
from qc.audit.seals.violations import Violation
from qc.core.canonical_json import canonical, hashed
from qc.models import Seal

logger = logging.getLogger(__name__)

BATCH = 100
SECONDS = 10
# So many bytes of the copy are compared each night: what was cut off is missing at its end.
END = 8 * 2**20
# Seals compared by one statement.
COMPARED = 1000
# The most bytes of a line.
LONGEST = 2**20


def copy() -> None:
    """Write and post the seals that are not outside yet; log what fails."""
    for write, where in ((append, settings.QC_SEAL_FILE), (post, settings.QC_SEAL_URL)):
        try:
            if where:
                write(where)
        except (OSError, HTTPException) as error:
            logger.warning("seals could not be copied to %s, next time: %s", where, error)


def content_with_hash(seal: Seal) -> dict[str, Any]:
    """Return what is copied of a seal."""
    return seal.content() | {"hash": seal.hash}


def append(path: str) -> None:
    """Append to a file the seals that it does not have yet."""
    with Path(path).open("a+b") as file:
        # Of two workers on one machine, the second finds nothing left to do.
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(file)
        if last and not Seal.objects.filter(number=last["number"], hash=last["hash"]).exists():
            logger.error("%s", Violation("seal replaced", last["number"]))
            return
        for seal in seals_from(last["number"] + 1 if last else 1):
            file.write(canonical(content_with_hash(seal)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def post(address: str) -> None:
    """Post the seals that were not posted yet; an answer of 2xx means that they are kept."""
    waiting = Seal.objects.filter(is_posted=False).order_by("number")
    while some := list(waiting[:BATCH]):
        body = json.dumps({"seals": [content_with_hash(seal) for seal in some]}).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(address, body, headers, method="POST")  # noqa: S310 - settings allow http(s) only
        with urlopen(request, timeout=SECONDS):  # noqa: S310
            pass
        Seal.objects.filter(pk__in=[seal.pk for seal in some]).update(is_posted=True)


def compare(path: Path, *, end_only: bool = False) -> Iterator[Violation]:
    """Yield each seal that is missing or differs from the copy, or from the end of it."""
    with path.open("rb") as file:
        if end_only:
            # A line that this cuts is skipped, like one that a crash has cut.
            file.seek(max(file.seek(0, os.SEEK_END) - END, 0))
        lines = parsed_lines(file)
        while some := list(islice(lines, COMPARED)):
            seals = Seal.objects.filter(number__in=[content["number"] for content in some])
            kept = dict(seals.values_list("number", "hash"))
            for content in some:
                yield from _differences(content, kept.get(content["number"]))


def _differences(content: dict[str, Any], kept: str | None) -> Iterator[Violation]:
    """Yield what is wrong with a seal whose hash is `kept` in the database, None if it is gone."""
    number, copied = content["number"], content.pop("hash")
    if hashed(content) != copied:
        yield Violation("copy changed", number)
    elif kept is None:
        yield Violation("seal deleted", number)
    elif kept != copied:
        yield Violation("seal replaced", number)


def parsed_lines(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the objects in lines of JSON, without lines that were cut off."""
    for line in lines:
        with suppress(ValueError):
            yield json.loads(line)


def _last_line(file: BinaryIO) -> dict[str, Any] | None:
    """Return the last whole line; end one that a crash has cut off, so that it is skipped."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 2 * LONGEST, 0))
    *whole, rest = file.read().split(b"\n")
    if rest:
        file.write(b"\n")
    return next(parsed_lines(reversed(whole)), None)
