"""German dates are in digits, and English ones as they were."""

from datetime import datetime

import pytest
from django.utils.formats import date_format
from django.utils.translation import override

MOMENT = datetime(2026, 11, 5, 14, 5)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("language", "form", "text"),
    [
        ("de", "DATE_FORMAT", "05.11.2026"),
        ("de", "DATETIME_FORMAT", "05.11.2026 14:05"),
        ("de", "SHORT_DATE_FORMAT", "05.11.2026"),
        ("en", "DATE_FORMAT", "Nov. 5, 2026"),
    ],
)
def test_date_is_written_as_its_language_does(language: str, form: str, text: str) -> None:
    with override(language):
        assert date_format(MOMENT, form) == text
