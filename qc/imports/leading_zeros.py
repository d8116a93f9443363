"""Finds references that are called the same as existing ones but for leading zeros.

Spreadsheets drop these, so that a whole list comes in once more under other references.
"""

from collections.abc import Iterable

from qc.imports.planner import ParsedRow
from qc.models import Task

# The longest number that is looked for with zeros before it.
LONGEST = 12


def count_lost(new: Iterable[ParsedRow]) -> int:
    """Return how many of these new tasks exist with more leading zeros, or with fewer."""
    references = (row.values["reference"] for row in new)
    numbers = [one for one in references if one.isdecimal() and one.isascii()]
    spellings = {one: set(_spellings(one)) - {one} for one in numbers}
    others = set().union(*spellings.values()) if _have_zeros(numbers) else set()
    found = Task.objects.filter(reference__in=others).values_list("reference", flat=True)
    there = set(found) if others else set()
    return sum(not there.isdisjoint(spelled) for spelled in spellings.values())


def _spellings(number: str) -> Iterable[str]:
    """Yield a number without zeros before it, and with ever more."""
    plain = number.lstrip("0") or "0"
    for length in range(len(plain), max(LONGEST, len(number)) + 1):
        yield plain.zfill(length)


def _have_zeros(numbers: Iterable[str]) -> bool:
    """Return whether any of these, or any existing reference, begins with a zero: most do not."""
    if any(one.startswith("0") for one in numbers):
        return True
    return Task.objects.filter(reference__gte="0", reference__lt="1").exists()
