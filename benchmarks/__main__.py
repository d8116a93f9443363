"""Runs all benchmarks, or those named, as in `python -m benchmarks claim growth trail=10000000`.

Their tables are written to results.md when all were run, or with `--write` before the names.
"""

import importlib
import os
import sys
from collections.abc import Sequence

from benchmarks.report import write
from tests import servers

ALL = (
    "claim",
    "growth",
    "sweep",
    "cycle",
    "check",
    "polls",
    "sign_in",
    "imports",
    "posts",
    "seals",
    "trail",
    "check_reports",
    "naive",
    "pages",
)
WRITE = "--write"
NO_SERVER = """
  The benchmarks are about MariaDB, and there is none here. To run them:
      apt-get install -y mariadb-server gcc pkg-config libmariadb-dev python3-dev
      make bench
"""


def main() -> None:
    """Find a MariaDB, or start a private one, and measure there."""
    with servers.mariadb() as port:
        if port is None:
            sys.exit(NO_SERVER)
        os.environ.setdefault("BENCH_DATABASE_URL", f"mysql://root:@{servers.HOST}:{port}/qc_bench")
        measure(sys.argv[1:])


def measure(names: Sequence[str]) -> None:
    """Print each table as it is measured; write those that `names` asks for."""
    from benchmarks import floor

    floor.open_up()
    tables = []
    is_written = not names or WRITE in names
    for named in [name for name in names if name != WRITE] or ALL:
        name, _is, size = named.partition("=")
        how = {"size": int(size)} if size else {}
        tables.append(importlib.import_module(f"benchmarks.{name}").run(**how))
        print("\n".join(tables[-1].lines()), flush=True)
    floor.remove()
    if is_written:
        write(tables)


if __name__ == "__main__":
    main()
