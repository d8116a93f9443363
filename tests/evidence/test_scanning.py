"""A command of the operator's looks at each file before it is taken."""

from pathlib import Path
from typing import Any

import pytest

from qc.core.exceptions import Busy, InvalidInput
from qc.models import Evidence, Task, User
from tests.databases import on_sqlite
from tests.evidence.files import add, all_stored
from tests.evidence.test_adding import sentences

pytestmark = [pytest.mark.django_db, on_sqlite]


@pytest.fixture
def scanner(tmp_path: Path, settings: Any) -> Path:
    """A scanner that refuses what has "virus" in it."""
    script = tmp_path / "scanner"
    script.write_text('#!/bin/sh\nif grep -q virus "$2"; then exit 1; fi\n')
    script.chmod(0o700)
    settings.QC_EVIDENCE_SCAN = f"{script} --quiet"
    return script


def test_clean_file_is_taken(task: Task, anna: User, scanner: Path) -> None:
    add(task, anna)


def test_refused_file_is_not_stored_and_the_trail_says_so(
    task: Task, anna: User, scanner: Path
) -> None:
    with pytest.raises(InvalidInput, match="scanner has refused"):
        add(task, anna, b"a virus", "log.txt")
    assert all_stored() == []
    assert not Evidence.objects.exists()
    assert sentences() == ["The scanner refused the file log.txt that anna sent for INV-1"]


@pytest.mark.parametrize("script", ["sleep 60", "exit 2", None])
def test_nothing_passes_a_scanner_that_does_not_answer(
    script: str | None, task: Task, anna: User, scanner: Path, settings: Any
) -> None:
    settings.QC_EVIDENCE_SCAN_SECONDS = 0.2
    if script is None:
        scanner.unlink()
    else:
        scanner.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(Busy, match="can't be scanned"):
        add(task, anna)
    assert all_stored() == []
