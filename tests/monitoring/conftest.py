"""What tests of the probes share."""

import pytest
from django.test import Client

from qc.web import probes


@pytest.fixture(autouse=True)
def fresh_readiness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test read what another one's checks have found."""
    monkeypatch.setattr(probes, "readiness", probes.Readiness())


@pytest.fixture
def balancer() -> Client:
    """A load balancer: it calls by address, by plain HTTP, and knows no name."""
    return Client(headers={"Host": "10.1.2.3:8000"})
