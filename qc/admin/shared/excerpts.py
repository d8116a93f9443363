"""Two long texts cut to the place where they differ."""

# What is shown of a text, and how much of that stands before the place that differs.
LONGEST = 300
BEFORE = 60
CUT = "…"


def around_difference(one: str, other: str) -> tuple[str, str]:
    """Return both texts, each no longer than `LONGEST`; long ones begin near the difference."""
    if max(len(one), len(other)) <= LONGEST:
        return one, other
    start = max(_first_difference(one, other) - BEFORE, 0)
    return _from(one, start), _from(other, start)


def _first_difference(one: str, other: str) -> int:
    """Return where two texts begin to differ; 0 for equal ones."""
    if one == other:
        return 0
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _from(text: str, start: int) -> str:
    shown = text[start : start + LONGEST - 2 * len(CUT)]
    before = CUT if start and shown else ""
    after = CUT if start + len(shown) < len(text) else ""
    return f"{before}{shown}{after}"
