"""Fixtures of the tests of seals and archives."""

from datetime import timedelta

import pytest

from qc.audit.seals import sealing


@pytest.fixture
def seal_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are sealed as soon as they are there, five at a time."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    monkeypatch.setattr(sealing, "BATCH", 5)
