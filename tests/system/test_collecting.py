"""`make run` collects the static files only when something about them has changed."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings


@pytest.fixture
def script(tmp_path: Path, monkeypatch: Any) -> Path:
    """Go to a project with one script."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QC_VAR_DIR", str(tmp_path / "var"))
    for folder in ("qc/static", "config", "var/static"):
        Path(folder).mkdir(parents=True)
    script = Path("qc/static/floor.js")
    script.write_text("draw()")
    return script


@pytest.fixture
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", settings.BASE_DIR / "bin" / "run.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_are_collected_anew_only_when_one_has_changed(
    script: Path, run: ModuleType, monkeypatch: Any
) -> None:
    collected = []

    def manage(command: str, *_options: str) -> None:
        collected.append(command)
        Path("var/static/staticfiles.json").write_text("{}")

    monkeypatch.setattr(run, "manage", manage)
    run.collect()
    run.collect()
    assert len(collected) == 1
    os.utime(script, ns=(1, 1))
    run.collect()
    assert len(collected) == 2
    # It may name an icon that the font has not.
    Path("qc/page.html").write_text("add")
    run.collect()
    assert len(collected) == 3
    Path("var/static/staticfiles.json").unlink()
    run.collect()
    assert len(collected) == 4
