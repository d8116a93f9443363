"""The arguments of a command for a range of seals."""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from qc.audit.seals.sealing import newest_seal
from qc.models import Seal


def add_range(parser: ArgumentParser) -> None:
    """Add the first and the last seal to the arguments, by number or by a day."""
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--from", type=int, dest="first", metavar="N", help="the first seal")
    start.add_argument(
        "--since", type=datetime.fromisoformat, metavar="DATE", help="rows from a day on, in UTC"
    )
    parser.add_argument("--to", type=int, dest="last", metavar="N", help="the last seal")


def seals_in_range(options: Mapping[str, Any]) -> tuple[int, int]:
    """Return the numbers of the first and the last seal that the arguments name."""
    head = newest_seal()
    last = head.number if head else 0
    first = options["first"] or (_since(options["since"], last) if options["since"] else 1)
    return max(first, 1), min(options["last"] or last, last)


def _since(day: datetime, last: int) -> int:
    moment = day if day.tzinfo else day.replace(tzinfo=UTC)
    numbers = Seal.objects.filter(newest__gte=moment).order_by("number")
    return numbers.values_list("number", flat=True).first() or last + 1
