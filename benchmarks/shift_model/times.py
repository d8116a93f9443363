"""How long tasks take and how far apart they arrive, as in the shift played on a real site."""

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

    Only the shapes of the distributions are used. Simulated people take seconds for a task, so that
    a trial is short; real checks, and the model's, take minutes.
    """
    played = json.loads(path.read_text())
    return Times(scaled(played["handling_seconds"]), scaled(played["gap_seconds"]))


def scaled(values: Sequence[float]) -> list[float]:
    """Return the values with a mean of 1."""
    mean = fmean(values)
    return [value / mean for value in values]
