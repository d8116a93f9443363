"""Anonymises people for tests that are not about who may, or when."""

from datetime import timedelta
from unittest.mock import patch

from qc.audit import erasure, erasure_requests
from qc.models import User
from tests.conftest import person


def superuser(name: str) -> User:
    return User.objects.filter(username=name).first() or person(name, is_superuser=True)


def anonymise(one: User, *, by: User | None = None, reason: str = "left") -> User:
    """Anonymise somebody as if another one had asked for it a day ago."""
    with patch.object(erasure_requests, "WAIT", timedelta(0)):
        erasure_requests.make(one.pk, by=None if by else superuser("asker"), reason="asked")
        return erasure.anonymise(one.pk, by=by, reason=reason)
