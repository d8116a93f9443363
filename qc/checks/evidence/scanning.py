"""A command of the operator's that looks at each file before it is taken, such as clamdscan."""

import logging
import shlex
import subprocess
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

from qc.core.exceptions import Busy, InvalidInput

logger = logging.getLogger(__name__)

CHUNK = 64 * 1024
CLEAN, INFECTED = 0, 1


class Infected(InvalidInput):
    """The scanner has refused a file."""

    def __init__(self) -> None:
        super().__init__("file", _("The virus scanner has refused this file."))


def scan(file: BinaryIO) -> None:
    """Let the command of QC_EVIDENCE_SCAN look at a file.

    Raises Infected where it ends with 1, and Busy where it does not say: nothing passes unseen.
    """
    if not settings.QC_EVIDENCE_SCAN:
        return
    with NamedTemporaryFile() as copy:
        file.seek(0)
        for chunk in iter(lambda: file.read(CHUNK), b""):
            copy.write(chunk)
        copy.flush()
        code = _run(copy.name)
    if code == INFECTED:
        raise Infected
    if code != CLEAN:
        logger.error("QC_EVIDENCE_SCAN ended with %s", code)
        raise Busy(_("Files can't be scanned right now. Nothing was stored; please try again."))


def _run(path: str) -> int | str:
    """Return the exit code of the command, or what kept it from ending."""
    command = [*shlex.split(settings.QC_EVIDENCE_SCAN), path]
    try:
        ended = subprocess.run(  # noqa: S603 - the operator's own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=settings.QC_EVIDENCE_SCAN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return ended.returncode
