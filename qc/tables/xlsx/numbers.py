"""Converts a workbook's numbers to text, as their cells show them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from openpyxl.styles.numbers import is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

# A format with leading zeros, as for order numbers.
ONLY_ZEROS = re.compile("0{2,}")


class Numbers:
    """Turns numbers into text, given the format code of each style of the workbook."""

    def __init__(self, codes: list[str], *, from_1904: bool) -> None:
        self.codes = codes
        self.is_moment = [is_date_format(code) for code in codes]
        self.epoch = MAC_EPOCH if from_1904 else WINDOWS_EPOCH

    def text(self, digits: str, style: int) -> str:
        """Return a number as its style shows it. Raises ValueError when it is no number."""
        if not digits:
            return ""
        value = float(digits)
        if style >= len(self.codes):
            return _plain(value)
        code = self.codes[style]
        if self.is_moment[style]:
            return self._moment(value, code)
        if ONLY_ZEROS.fullmatch(code) and value.is_integer():
            return f"{int(value):0{len(code)}}"
        return _plain(value * 100) + "%" if code.endswith("%") else _plain(value)

    def _moment(self, value: float, code: str) -> str:
        try:
            return moment_text(from_excel(value, self.epoch, timedelta=is_timedelta_format(code)))
        except (OverflowError, ValueError):
            return _plain(value)


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


def _plain(value: float) -> str:
    """Return a number without an exponent, with the 15 digits that spreadsheets use."""
    return f"{Decimal(f'{value:.15g}').normalize():f}"
