"""`simulate_shift` finds QC Desk where it runs on this machine."""

from pathlib import Path
from typing import Any

import pytest

from bin import run
from qc.management.commands.simulate_shift import address


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("QC_VAR_DIR", str(tmp_path))
    settings.VAR_DIR = tmp_path
    return tmp_path


def test_make_run_tells_its_address_while_it_runs(folder: Path) -> None:
    with run.address_file("http://127.0.0.1:8123/"):
        assert address() == "http://127.0.0.1:8123"
    assert address() == "http://127.0.0.1:8000"
    assert list(folder.iterdir()) == []


def test_a_port_that_is_given_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8200")
    with run.address_file("http://127.0.0.1:8123/"):
        assert address() == "http://127.0.0.1:8200"
