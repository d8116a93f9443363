"""How long a task takes and how far apart tasks arrive, in the shapes of a shift really played."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

PLAYED = Path(__file__).parent.parent / "shift_times.json"


@dataclass(frozen=True)
class Times:
    """Observed handling times and gaps between arrivals, each scaled to a mean of 1."""

    handling: Sequence[float]
    gaps: Sequence[float]


def load(path: Path = PLAYED) -> Times:
    """Read what `benchmarks.shift_times` wrote.

    Only the shapes are kept. People who are played take seconds for a task so that a trial is
    short; the model asks for minutes, as real checks take.
    """
    played = json.loads(path.read_text())
    return Times(scaled(played["handling_seconds"]), scaled(played["gap_seconds"]))


def scaled(values: Sequence[float]) -> list[float]:
    """Return the values with a mean of 1."""
    mean = fmean(values)
    return [value / mean for value in values]
