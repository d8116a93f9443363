"""What number formats of a workbook add to numbers: text and zeros. No digit is taken away."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

# The parts of a format: text, what only aligns or colours, placeholders of digits, all else.
PART = re.compile(
    r"""(?P<text>"[^"]*"|\\.) | (?P<currency>\[\$[^\]]*\]) | (?P<nothing>_.|\*.|\[[a-z]+\d*\])
    | (?P<digits>[0\#?][0\#?,]*(?:\.[0\#?]*)?|\.[0\#?]+|general) | (?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
# Powers of ten, fractions, conditions and texts: such a number is shown plain.
UNUSUAL = frozenset("eE/[]@")


class _Percent(str):
    """The sign that multiplies by 100, unlike the same one within a text."""

    __slots__ = ()


PERCENT = _Percent("%")


class _Digits(NamedTuple):
    """Placeholders: how many digits before and after the point are shown at least."""

    before: int
    after: int
    places: int


def shape(code: str) -> Callable[[Decimal], str] | None:
    """Return what turns a number into its text; None for a format that adds nothing.

    The first section of the format is used for all numbers: a negative one gets its sign.
    """
    parts = _parts(code)
    digits = [part for part in parts if isinstance(part, _Digits)]
    text = "".join(part for part in parts if isinstance(part, str)).strip()
    if not digits or not (text or digits[0].before > 1 or digits[0].after):
        return None
    if len(digits) > 1:
        return lambda number: _spread(parts, sum(one.places for one in digits), number)
    factor = 100 if any(part is PERCENT for part in parts) else 1
    return lambda number: _filled(parts, number * factor)


def _parts(code: str) -> list[str | _Digits]:
    """Return the texts and placeholders of a format's first section, none of an unusual one."""
    parts: list[str | _Digits] = []
    for found in PART.finditer(code):
        part = found[0]
        if found["other"] == ";":
            break
        if found["other"] and part in UNUSUAL:
            return []
        if found["digits"]:
            parts.append(_digits(part))
        elif found["other"] == PERCENT:
            parts.append(PERCENT)
        elif found["currency"]:
            parts.append(part[2:-1].partition("-")[0])
        elif not found["nothing"]:
            parts.append(part[1:-1] if part.startswith('"') else part.removeprefix("\\"))
    return parts


def _digits(part: str) -> _Digits:
    before, _point, after = part.partition(".")
    return _Digits(before.count("0"), after.count("0"), len(before.replace(",", "")))


def _filled(parts: list[str | _Digits], number: Decimal) -> str:
    whole, _point, rest = f"{abs(number):f}".partition(".")
    shown = []
    for part in parts:
        if isinstance(part, str):
            shown.append(part)
            continue
        decimals = rest.rstrip("0").ljust(part.after, "0")
        shown.append(whole.zfill(part.before) + (f".{decimals}" if decimals else ""))
    return ("-" if number < 0 else "") + "".join(shown).strip()


def _spread(parts: list[str | _Digits], places: int, number: Decimal) -> str:
    """Return a whole number with its digits spread over several groups, as in 000-00-0000."""
    if number != number.to_integral_value() or number < 0:
        return f"{number:f}"
    digits = f"{int(number)}".zfill(places)
    first, shown, at = len(digits) - places, [], 0
    for part in parts:
        if isinstance(part, str):
            shown.append(part)
        else:
            end = at + part.places + (first if at == 0 else 0)
            shown.append(digits[at:end])
            at = end
    return "".join(shown).strip()
