"""Rules about the code that no linter has; those about imports are in pyproject.toml."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps

from qc import models

QC = Path(__file__).parent.parent / "qc"

PUBLIC_NAMES = {
    *("Archive", "AuditEvent", "BulkChange", "Import", "ImportChunk", "Queue", "Seal", "Task"),
    *("User", "Verification", "HistoryRow", "PersonHistoryRow", "TaskHistoryRow", "Records"),
    *("Outcome", "Priority", "Role", "Status", "PersonManager", "QueueQuerySet", "TaskQuerySet"),
    *("ReferenceField", "next_raise_at"),
    *("DONE", "HELD", "MOST_CAPACITY", "UNASSIGNED", "ORDER_OF_WORK"),
}
MODULES = sorted(
    path for path in QC.rglob("*.py") if "migrations" not in path.parts and path.stem != "__init__"
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_only_the_lifecycle_writes_a_status(path: Path) -> None:
    if path.parent.name == "lifecycle":
        return
    written = re.search(r"\.status\s*=[^=]|update\([^)]*\bstatus=", path.read_text())
    assert not written


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_no_module_imports_private_names(path: Path) -> None:
    imports = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ImportFrom)]
    names = [name.name for node in imports if node.level == 0 for name in node.names]
    assert not [name for name in names if name.startswith("_")]


def test_models_package_exports_every_model() -> None:
    """Whoever uses a model imports it from `qc.models`, whichever file of the package has it."""
    ours = {model.__name__ for model in apps.get_app_config("qc").get_models()}
    # simple-history makes these; they are reached as `Task.history.model`.
    assert {name for name in ours if not name.startswith("Historical")} <= set(models.__all__)


def test_models_package_exports_all_public_names() -> None:
    assert set(models.__all__) >= PUBLIC_NAMES
