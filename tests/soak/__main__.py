"""`make soak`: runs the soak on MariaDB and Redis for so many minutes, 5 unless given."""

import os
import secrets
import subprocess
import sys

from tests import servers

NO_SERVERS = """
  NOT RUN: this is about MariaDB with Redis. To run it:
      apt-get install -y mariadb-server redis-server gcc pkg-config libmariadb-dev python3-dev
"""


def main() -> None:
    """Run the soak; exit with its code."""
    minutes = sys.argv[1] if len(sys.argv) > 1 else "5"
    on_production("tests/soak", {"SOAK_MINUTES": minutes})


def on_production(tests: str, settings: dict[str, str]) -> None:
    """Find or start the servers, and run some tests with them; exit with their code."""
    with servers.mariadb() as database, servers.redis() as broker:
        if not (database and broker):
            sys.exit(NO_SERVERS)
        sys.exit(run(tests, settings, database, broker))


def run(tests: str, settings: dict[str, str], database: int, broker: int) -> int:
    """Run tests on a database of their own; return their exit code."""
    name = f"qc_{secrets.token_hex(4)}"
    environment = {
        "DATABASE_URL": f"mysql://root:@{servers.HOST}:{database}/{name}",
        "REDIS_URL": f"redis://{servers.HOST}:{broker}/14",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "QC_HTTPS": "off",
    } | settings
    command = [sys.executable, "-m", "pytest", "-s", "-q", "--timeout=0", tests]
    try:
        return subprocess.run(command, env=os.environ | environment, check=False).returncode
    finally:
        servers.drop_databases(database, f"test_{name}")


if __name__ == "__main__":
    main()
