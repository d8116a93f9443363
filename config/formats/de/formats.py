"""Dates as Germans write them: 25.11.2026."""

DATE_FORMAT = "d.m.Y"
DATETIME_FORMAT = "d.m.Y H:i"
MONTH_DAY_FORMAT = "d.m."
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"

# By the form that templates and code name.
globals().update(
    {
        "D d M Y H:i:s": "D d.m.Y H:i:s",
        "D j M Y": "D d.m.Y",
        "Y-m-d H:i": "d.m.Y H:i",
        "d M H:i": "d.m. H:i",
        "d M": "d.m.",
        "d M Y": "d.m.Y",
        "d M Y H:i": "d.m.Y H:i",
        "d M Y H:i:s": "d.m.Y H:i:s",
        "d M Y H:i:s e": "d.m.Y H:i:s e",
        "j F Y": "d.m.Y",
        "j M": "d.m.",
        "j M H:i": "d.m. H:i",
        "j M Y": "d.m.Y",
        "j M Y H:i": "d.m.Y H:i",
    }
)
