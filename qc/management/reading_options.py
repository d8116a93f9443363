"""How `import_tasks` is told how to read a file: by the options of `qc.imports.options`."""

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any


def add_reading(parser: ArgumentParser) -> None:
    """Add the arguments; what none of them says is read from the file, or must be chosen."""
    group: Any = parser.add_argument_group("how the file is read")
    add = group.add_argument
    add("--queue", metavar="NAME", help="the queue of all rows that name none")
    add("--priority", metavar="N", help="the priority of all rows that have none")
    add("--due", metavar="TIME", help="when all rows are due that do not say it")
    order = group.add_mutually_exclusive_group()
    order.add_argument("--day-first", action="store_true", default=None, help="03/04 is in April")
    order.add_argument(
        "--month-first", dest="day_first", action="store_false", help="03/04 is in March"
    )
    add("--encoding", metavar="NAME", help="such as cp1251")
    add("--sheet", metavar="NAME", help="the sheet of a workbook")
    add("--header-row", type=int, metavar="N", help="the row with the headings; 0 if there is none")
    add("--map", action="append", metavar="THEIRS=ours", help="what a column is; again for others")
    made = group.add_mutually_exclusive_group()
    made.add_argument("--key", metavar="COLUMN,COLUMN", help="join these into the reference")
    made.add_argument("--number", metavar="PREFIX", help="number the rows: PREFIX1, PREFIX2, …")
    add("--hidden-rows", choices=("with", "without"), help="read hidden rows, or leave them out")
    add(
        "--ignore-stray-cells",
        action=BooleanOptionalAction,
        help="leave out what stands under no heading, or keep it",
    )
    add("--word", action="append", metavar="WORD=N", help="a word for a priority")
    add("--queue-name", action="append", metavar="THEIRS=NAME", help="another name of a queue")
