"""Only one module writes a task's status."""

import re
from pathlib import Path

import pytest

QC = Path(__file__).parent.parent / "qc"

MODULES = sorted(
    path for path in QC.rglob("*.py") if "migrations" not in path.parts and path.stem != "__init__"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_only_the_lifecycle_writes_a_status(path: Path) -> None:
    if path.name == "lifecycle.py":
        return
    written = re.search(r"\.status\s*=[^=]|update\([^)]*\bstatus=", path.read_text())
    assert not written
