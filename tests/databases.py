"""Marks for tests that need a certain database or server."""

import pytest
from django.conf import settings

from tests import servers

on_mariadb = pytest.mark.skipif(
    "mysql" not in settings.DATABASES["default"]["ENGINE"],
    reason="this is about MariaDB: it runs in the MariaDB half of `make test`",
)

on_sqlite = pytest.mark.skipif(
    "sqlite" not in settings.DATABASES["default"]["ENGINE"],
    reason="this asks nothing of a database: it runs in the SQLite half of `make test`",
)

needs_mariadb = pytest.mark.skipif(
    not servers.has_mariadb(),
    reason="no MariaDB of its own can be started here: apt-get install -y mariadb-server",
)

needs_redis = pytest.mark.skipif(
    not servers.has_redis(),
    reason="no Redis of its own can be started here: apt-get install -y redis-server",
)
