"""Tables of medians and ratios, printed and written to results.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

RESULTS = Path(__file__).parent / "results.md"


@dataclass
class Table:
    """The outcome of one benchmark: a sentence, a table, and whether its targets are met."""

    title: str
    about: str
    head: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    targets: list[tuple[str, str, bool]] = field(default_factory=list)

    def target(self, name: str, value: float, *, at_least: float = 0, at_most: float = 0) -> None:
        """Add a target: a ratio that must reach, or stay below, a number."""
        wanted = f"≥ {at_least}" if at_least else f"≤ {at_most}"
        met = value >= at_least if at_least else value <= at_most
        self.targets.append((f"{name} {wanted}", f"{value:.2f}", met))

    def lines(self) -> list[str]:
        """Return the table as Markdown."""
        lines = [
            f"## {self.title}",
            "",
            self.about,
            "",
            _row(self.head),
            _row(["---"] * len(self.head)),
        ]
        lines += [_row(row) for row in self.rows] + [""]
        for name, value, met in self.targets:
            lines.append(f"- {'met' if met else '**missed**'}: {name} – measured {value}")
        return [*lines, ""] if self.targets else lines


INTRO = """\
# Benchmarks

Made by `make bench` on MariaDB, server and clients on the same two cores. Each row
compares in one run, in alternating rounds; medians. Absolute times are those of one
small machine: read the ratios.

"""


def write(tables: list[Table]) -> None:
    """Write tables to results.md, each in the place of an earlier one; the others stay."""
    _intro, *sections = re.split(r"^## ", RESULTS.read_text(), flags=re.MULTILINE)
    texts = {text.partition("\n")[0]: f"## {text}" for text in sections}
    texts |= {table.title: "\n".join([*table.lines(), ""]) for table in tables}
    RESULTS.write_text(INTRO + "".join(texts.values()).rstrip("\n") + "\n")


def ms(seconds: float) -> str:
    """Return a time in milliseconds."""
    return f"{seconds * 1000:.2f} ms"


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return median(values)


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"
