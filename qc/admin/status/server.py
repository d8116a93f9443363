"""What QC Desk runs on: its own version, the database, the broker, and unsafe settings."""

import functools
import time
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from qc.monitoring import checks

# Of these steps, in milliseconds, the first that the database needs no longer than is shown: the
# exact time would differ each time that somebody looks.
STEPS = (20, 100, 500, 2000)


class Server(NamedTuple):
    """What QC Desk runs on; `migrations` and `broker` are "" when all is well."""

    version: str
    database: str
    milliseconds: int | None
    migrations: str
    broker: str
    broker_name: str


def server() -> Server:
    """Look at all of it."""
    milliseconds = _milliseconds()
    return Server(
        version=version(),
        database=f"{connection.display_name} {_database_version()}",
        milliseconds=next((one for one in STEPS if milliseconds <= one), None),
        migrations=checks.run(checks.CHECKS["migrations"]),
        broker=checks.run(checks.CHECKS["broker"]),
        broker_name="Redis" if settings.REDIS_URL else _("files on this machine"),
    )


@functools.cache
def version() -> str:
    """Return the version of QC Desk."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def unsafe_settings() -> Iterator[str]:
    """Yield what is set so that it is not safe in production, in words."""
    if settings.DEBUG:
        yield _("DEBUG is on: whoever meets an error sees settings and code.")
    if not settings.HTTPS:
        yield _("QC_HTTPS is off: passwords and sessions may be read on the network.")
    if "*" in settings.ALLOWED_HOSTS:
        yield _("ALLOWED_HOSTS allows any name.")


def _milliseconds() -> float:
    begun = time.monotonic()
    checks.database()
    return (time.monotonic() - begun) * 1000


def _database_version() -> str:
    return ".".join(str(part) for part in connection.get_database_version())
