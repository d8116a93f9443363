"""Marks for tests that make sense on one database only."""

import pytest
from django.conf import settings

on_mariadb = pytest.mark.skipif(
    "mysql" not in settings.DATABASES["default"]["ENGINE"],
    reason="this is about MariaDB: it runs in the second half of `make test`",
)
