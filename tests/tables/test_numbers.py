"""Numbers of workbooks: every digit of the file, and what their formats add."""

import pytest

from qc.tables.xlsx.numbers import Numbers, is_rounded


def shown(digits: str, code: str) -> str:
    return Numbers([code], from_1904=False).text(digits, 0)


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("1405202108700588", "1405202108700588"),
        ("1.405202108700588E+15", "1405202108700588"),
        ("12345678901234567890", "12345678901234567890"),
        ("4.9E+12", "4900000000000"),
        ("0.30000000000000004", "0.3"),
        ("1.1000000000000001", "1.1"),
        ("2.9999999999999996", "3"),
        ("-5", "-5"),
        ("0", "0"),
        ("10.0", "10"),
    ],
)
def test_number_keeps_every_digit_that_is_certain(digits: str, text: str) -> None:
    assert shown(digits, "General") == text


@pytest.mark.parametrize(
    ("code", "digits", "text"),
    [
        ('"LOT-"0000', "17", "LOT-0017"),
        ("\\P0", "1", "P1"),
        ('0" kg"', "12.5", "12.5 kg"),
        ('General" pcs"', "5", "5 pcs"),
        ("#,##0.00 [$€-407]", "1234.5", "1234.50 €"),
        ("0.00", "1.1", "1.10"),
        ("0.00", "10", "10.00"),
        ("[Red]0.00;[Blue]-0.00", "-1", "-1.00"),
        ("00000", "1067", "01067"),
        ("000-00-0000", "12", "000-00-0012"),
        ("0.0%", "0.25", "25.0%"),
        ('0"%"', "25", "25%"),
        # A format never takes a digit away.
        ("0", "1.5", "1.5"),
        ("0.00", "1.126", "1.126"),
        # These add neither text nor zeros.
        ("#,##0", "1234", "1234"),
        ('_(* #,##0_);_(* (#,##0);_(* "-"??_);_(@_)', "-5", "-5"),
        ("0.00E+00", "4900000000000", "4900000000000"),
        ("# ?/?", "0.5", "0.5"),
        ("@", "7", "7"),
    ],
)
def test_number_has_the_text_and_zeros_of_its_format(code: str, digits: str, text: str) -> None:
    assert shown(digits, code) == text


@pytest.mark.parametrize(
    ("digits", "rounded"),
    [
        ("1405202108700588", False),
        ("1405202108700580", True),
        ("1.40520210870058E+15", True),
        ("12345678901234567", False),
        ("12345678901234568", True),
        ("123456789012345", False),
        ("0.30000000000000004", False),
    ],
)
def test_whole_number_that_a_spreadsheet_may_have_rounded_is_recognised(
    digits: str, rounded: bool
) -> None:
    assert is_rounded(digits) is rounded
