"""Imports point downwards only, and only one module writes a task's status."""

import ast
import re
from pathlib import Path

import pytest

QC = Path(__file__).parent.parent / "qc"

LAYERS = [
    {"admin", "templatetags", "api", "tasks", "management", "middleware", "signins", "apps"},
    {"import_runs", "uploads"},
    {"imports"},
    {"import_batches", "import_reading", "import_samples", "import_undo"},
    {"import_plan", "import_files", "archives"},
    {"task_export", "trail_export", "archive_files"},
    {"trail_seals"},
    {"sweeps", "bulk", "explanations", "invariants", "demo"}
    | {"trail", "reports", "exports", "seal_export", "verified", "as_it_was"},
    {"verification"},
    {"seals", "outside", "archived"},
    {"canonical"},
    {"desk", "rows", "trail_filters", "import_lease"},
    {"columns"},
    {"matching", "dates", "trail_words", "last_rows", "life"},
    {"assignment", "presence", "leavers"},
    {"lifecycle"},
    {"permissions", "history", "seeks"},
    {"models"},
    {"import_records", "archive_records"},
    {"tables"},
    {"querysets", "exceptions", "origin", "events", "transactions", "prepared", "words", "zones"}
    | {"then"},
    {"veils"},
    {"chain"},
    {"request_id", "keyset", "days", "ranks", "borrowed", "cells", "breaches"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# Rooms on one level that are one step apart, and say so here.
BESIDE = {
    ("querysets", "models"),
    ("origin", "models"),
    ("models", "origin"),
    ("events", "origin"),
    ("events", "models"),
    ("origin", "words"),
    ("transactions", "exceptions"),
    # What asks a worker for something.
    ("admin", "tasks"),
    ("api", "tasks"),
}

MODULES = sorted(
    path for path in QC.rglob("*.py") if "migrations" not in path.parts and path.stem != "__init__"
)


def room_of(path: Path) -> str:
    return path.relative_to(QC).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "qc":
            rooms.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("qc."):
            rooms.add(str(node.module).split(".")[1])
    return rooms


def test_every_room_has_its_place() -> None:
    assert {room_of(path) for path in MODULES} <= set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_imports_point_downwards(path: Path) -> None:
    room = room_of(path)
    wrong = {
        other
        for other in imported_rooms(path) - {room}
        if LEVEL[other] <= LEVEL[room]
        and (room, other) not in BESIDE
        and LEVEL[room] != 0  # the edges may share with each other
    }
    assert not wrong


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_the_domain_knows_no_edge(path: Path) -> None:
    if LEVEL[room_of(path)] == 0:
        return
    edges = (
        r"^\s*(from|import) (celery|rest_framework|knox|django\.http|django\.contrib\.admin|unfold)"
    )
    assert not re.search(edges, path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(QC)))
def test_only_the_lifecycle_writes_a_status(path: Path) -> None:
    if path.name == "lifecycle.py":
        return
    written = re.search(r"\.status\s*=[^=]|update\([^)]*\bstatus=", path.read_text())
    assert not written
