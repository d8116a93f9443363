"""The results as Markdown, put into docs/scaling.md between its marks."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.shift_model import capacity, times
from benchmarks.shift_model.experiments import (
    HANDLING,
    NEARLY_FULL,
    SIZES,
    UTILISATIONS,
    Played,
)
from benchmarks.shift_model.measures import Outcome, percentile
from benchmarks.shift_model.primary import SETUPS, Costs, Setup
from benchmarks.shift_model.shift import Plan

PAGE = Path(__file__).parent.parent.parent / "docs" / "scaling.md"
MINUTES = (1, 2, 5, 10)


def write(tables: dict[str, str], page: Path = PAGE) -> None:
    """Put each table between `<!-- name -->` and `<!-- end -->`."""
    text = page.read_text()
    for name, table in tables.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _old, end, after = rest.partition("<!-- end -->")
        if end:
            text = before + mark + table + end + after
    page.write_text(text)


def played() -> str:
    """Return the figures of the shift played on a real site."""
    found = json.loads(times.PLAYED.read_text())
    shift, finish = found["played"], found["finish_to_next_ms"]
    met = found["arrival_to_free_person_ms"]
    head = [
        "people",
        "minutes",
        "tasks done",
        "completed to next assigned, p50 / p99",
        "arrived to assigned, somebody free, p50 / p99",
    ]
    row = [
        shift["people"],
        f"{shift['minutes']:g}",
        shift["done"],
        f"{finish['p50']:.0f} / {finish['p99']:.0f} ms",
        f"{met['p50']:.0f} / {met['p99']:.0f} ms",
    ]
    return table(head, [row])


def costs_of(costs: Costs) -> str:
    """Return the cost of each kind of work for the primary."""
    rows: list[tuple[str, float]] = [
        ("a task arrives: row, history row", costs.arrive),
        ("the next task is found and assigned, with history", costs.claim),
        ("a task is started, or completed, with history", costs.complete),
        ("*My work* asks whether anything is new", costs.look),
        ("a person is noted as seen", costs.seen),
        (
            "takers are found for a task that arrives: 2,000 people",
            costs.arrival_reads.of(2000, 300),
        ),
        ("the same: 20,000 people", costs.arrival_reads.of(20_000, 3_000)),
        ("a sweep reads who is there and free: 20,000", costs.sweep_reads.of(20_000, 3_000)),
    ]
    return table(
        ["work", "busy core", "a second, at most"],
        [[name, wait(cost), f"{costs.cores / cost:,.0f}"] for name, cost in rows],
    )


def loads(costs: Costs) -> str:
    """Return how busy each set-up's primary is, by kind of work."""
    rows = []
    for people in SIZES:
        for setup in SETUPS[:3]:
            parts = capacity.load(costs, setup, people, HANDLING, UTILISATIONS[0])
            total = sum(parts.values())
            shown = f"**{part(total)}**" if total > capacity.FULL else part(total)
            rows.append([f"{people:,}", setup.name, *map(part, parts.values()), shown])
    return table(["people", "set-up", *parts, "all"], rows)


def carries(costs: Costs) -> str:
    """Return how many people each set-up carries, by the minutes of a task."""
    return table(
        ["set-up", *(f"{n} min" for n in MINUTES)],
        [[setup.name, *(people(costs, setup, minutes) for minutes in MINUTES)] for setup in SETUPS],
    )


def people(costs: Costs, setup: Setup, minutes: float) -> str:
    """Return the most people of a set-up, to two digits."""
    most = capacity.most_people(costs, setup, 60 * minutes, UTILISATIONS[0])
    return f"{float(f'{most:.2g}'):,.0f}"


def waits(runs: Iterable[Played], utilisation: float, sweeps: Sequence[float | None]) -> str:
    """Return how long people and P1 tasks wait, for each size and some ways of handing out."""
    head = ["people", "handed out", "person, p50", "p95", "p99", "P1, somebody free, p50", "p99"]
    rows = [
        wait_row(run.plan, run.outcome)
        for run in runs
        if (run.plan.utilisation == utilisation and run.plan.sweep in sweeps)
    ]
    return table([*head, "any P1, p99", "time lost", "left waiting"], rows)


def wait_row(plan: Plan, outcome: Outcome) -> list[str]:
    """Return one row of the waits."""
    return [
        f"{plan.people:,}",
        f"every {plan.sweep:g} s" if plan.sweep else "**at each event**",
        *(wait(percentile(outcome.kept, p)) for p in (50, 95, 99)),
        *(wait(percentile(outcome.p1_met, p)) for p in (50, 99)),
        wait(percentile(outcome.p1, 99)),
        part(outcome.lost),
        f"{outcome.waiting:,}",
    ]


def fairness(runs: Sequence[Played]) -> str:
    """Return the Gini coefficients of tasks an hour, longest idle next beside anybody."""
    return table(
        ["people", "hours", "tasks of each, mean", "longest idle first", "anybody free"],
        [
            [
                f"{fair.plan.people:,}",
                f"{fair.plan.hours:g}",
                f"{sum(fair.outcome.done) / fair.plan.people:.1f}",
                f"{fair.outcome.gini:.3f}",
                f"{chance.outcome.gini:.3f}",
            ]
            for fair, chance in zip(runs[::2], runs[1::2], strict=True)
        ],
    )


def nearly_full(runs: Iterable[Played]) -> str:
    """Return how long people wait for their next task as the primary fills."""
    return table(
        ["primary busy", "seconds for a task", "tasks a second", "person, p50", "p99", "P1, p99"],
        [
            [
                part(busy),
                f"{plan.handling:.0f}",
                f"{plan.people * plan.utilisation / plan.handling:.0f}",
                *(wait(percentile(outcome.kept, p)) for p in (50, 99)),
                wait(percentile(outcome.p1_met, 99)),
            ]
            for busy, (plan, outcome) in zip(NEARLY_FULL, runs, strict=True)
        ],
    )


def wait(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    if seconds < 1:
        return f"{1000 * seconds:.2g} ms" if seconds < 0.0995 else f"{10 * round(100 * seconds)} ms"
    return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds / 60:.1f} min"


def part(value: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.1f} %" if value < 0.0995 else f"{100 * value:.0f} %"


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, cells))} |\n" for cells in lines)
