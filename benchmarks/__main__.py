"""Runs all benchmarks, or those named: `python -m benchmarks [claim growth sweep cycle naive]`."""

import importlib
import sys

from benchmarks import floor
from benchmarks.report import write

ALL = ("claim", "growth", "sweep", "cycle", "naive")


def main() -> None:
    """Prints each table as it comes; writes results.md when all were run."""
    floor.open_up()
    tables = []
    for name in sys.argv[1:] or ALL:
        tables.append(importlib.import_module(f"benchmarks.{name}").run())
        print("\n".join(tables[-1].lines()), flush=True)
    if not sys.argv[1:]:
        write(tables)


if __name__ == "__main__":
    main()
