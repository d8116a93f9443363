"""Converts a workbook's numbers to text, as their cells show them but with all their digits."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from qc.tables.xlsx.number_formats import shape

# Spreadsheets keep this many digits of a number; beyond EXACT not all whole numbers exist.
DIGITS = 15
EXACT = 2**53


class Numbers:
    """Turns numbers into text, given the format code of each style of the workbook."""

    def __init__(self, codes: list[str], *, from_1904: bool) -> None:
        self.codes = codes
        self.is_moment = [is_date_format(code) for code in codes]
        self.shapes: list[Callable[[Decimal], str] | None] = [
            None if is_moment else shape(code)
            for code, is_moment in zip(codes, self.is_moment, strict=True)
        ]
        self.epoch = MAC_EPOCH if from_1904 else WINDOWS_EPOCH

    def text(self, digits: str, style: int) -> str:
        """Return a number as its style shows it. Raises ValueError when it is no number."""
        if not digits:
            return ""
        if style < len(self.codes):
            if self.is_moment[style]:
                return self._moment(float(digits), self.codes[style])
            if shown := self.shapes[style]:
                return shown(exact(digits))
        if digits.isdecimal() and digits[0] != "0":
            # Quick, and true for most numbers.
            return digits
        return f"{exact(digits):f}"

    def _moment(self, value: float, code: str) -> str:
        try:
            return moment_text(from_excel(value, self.epoch, timedelta=is_timedelta_format(code)))
        except (OverflowError, ValueError):
            return f"{exact(str(value)):f}"


def is_rounded(digits: str) -> bool:
    """Return whether a number is whole, and may have lost digits in the spreadsheet.

    That is so beyond 15 digits where all others are zero, or where the number is one of those that
    a spreadsheet can hold.
    """
    if len(digits) <= DIGITS:
        return False
    number = exact(digits)
    if number != number.to_integral_value() or abs(number) < 10**DIGITS:
        return False
    whole = int(number)
    return not f"{abs(whole)}"[DIGITS:].strip("0") or (abs(whole) > EXACT and whole == float(whole))


def exact(digits: str) -> Decimal:
    """Return a number with all digits when it is whole, or else with the 15 that are certain.

    Raises ValueError when it is no number.
    """
    value = float(digits)
    if not isfinite(value):
        return Decimal(value)
    number = Decimal(digits)
    if number == number.to_integral_value():
        return Decimal(int(number))
    if abs(value) >= 10**DIGITS:
        return number
    return Decimal(f"{value:.{DIGITS}g}").normalize()


def moment_text(moment: date | time | timedelta | None) -> str:
    """Return a moment as text: a day alone when it is midnight."""
    if isinstance(moment, datetime):
        # Fractions of a day are not exact seconds.
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
        if moment.time() == time():
            return moment.date().isoformat()
        return moment.isoformat(" ", "seconds" if moment.second else "minutes")
    if isinstance(moment, timedelta):
        minutes, seconds = divmod(round(moment.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(moment, time):
        return moment.replace(microsecond=0).isoformat()
    return moment.isoformat() if moment else ""
