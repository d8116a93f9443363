"""Copies of the seals outside the database: whoever owns it can't forge what others have.

A copy is what each seal says and its hash, one JSON object a line, without rows: nothing in it
says what happened. What can't be written or posted now is next time.
"""

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.request import Request, urlopen

from django.conf import settings

from qc.audit.seals.violations import Violation
from qc.core.canonical_json import canonical, hashed
from qc.models import Seal

logger = logging.getLogger(__name__)

BATCH = 100
SECONDS = 10
# No line is longer than this.
LONGEST = 2**20


def copy() -> None:
    """Write and posts what is not yet outside; what fails is logged and tried next time."""
    if settings.QC_SEAL_FILE:
        _try(append, Path(settings.QC_SEAL_FILE))
    if settings.QC_SEAL_URL:
        _try(post, settings.QC_SEAL_URL)


def line(seal: Seal) -> dict[str, Any]:
    """Return what is copied of a seal."""
    return seal.content() | {"hash": seal.hash}


def append(path: Path) -> None:
    """Add to a file the seals that it has not."""
    with path.open("a+b") as file:
        # Two workers of one machine: the second has nothing left to do.
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(file)
        if last and not Seal.objects.filter(number=last["number"], hash=last["hash"]).exists():
            logger.error("%s", Violation("seal replaced", last["number"]))
            return
        for seal in _after(last["number"] if last else 0):
            file.write(canonical(line(seal)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def post(address: str) -> None:
    """Post the seals that have not been, some at once; an answer of 2xx is for kept."""
    waiting = Seal.objects.filter(is_posted=False).order_by("number")
    while some := list(waiting[:BATCH]):
        body = json.dumps({"seals": [line(seal) for seal in some]}).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(address, body, headers, method="POST")  # noqa: S310 - settings allow http(s) only
        with urlopen(request, timeout=SECONDS):  # noqa: S310
            pass
        Seal.objects.filter(pk__in=[seal.pk for seal in some]).update(is_posted=True)


def against(path: Path) -> Iterator[Violation]:
    """Return each seal that is not the one that a file has, or is gone."""
    with path.open("rb") as file:
        for told in filter(None, map(_parsed, file)):
            said = told.pop("hash")
            kept = Seal.objects.filter(number=told["number"]).values_list("hash", flat=True).first()
            if hashed(told) != said:
                yield Violation("copy changed", told["number"])
            elif kept is None:
                yield Violation("seal deleted", told["number"])
            elif kept != said:
                yield Violation("seal replaced", told["number"])


def _after(number: int) -> Iterator[Seal]:
    while some := list(Seal.objects.filter(number__gt=number).order_by("number")[:BATCH]):
        yield from some
        number = some[-1].number


def _last_line(file: BinaryIO) -> dict[str, Any] | None:
    """Return the last whole line; one that a crash has cut off is ended, and left there."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 2 * LONGEST, 0))
    *whole, rest = file.read().split(b"\n")
    if rest:
        file.write(b"\n")
    return next(filter(None, map(_parsed, reversed(whole))), None)


def _parsed(text: bytes) -> dict[str, Any] | None:
    """Return what a line says; None where it was cut off."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _try(copying: Callable[[Any], None], where: Any) -> None:
    try:
        copying(where)
    except (OSError, HTTPException) as error:
        logger.warning("seals could not be copied to %s, next time: %s", where, error)
