"""Plays all shifts of the model: `python -m benchmarks.shift_model`, a few minutes.

Writes the tables of docs/scaling.md and its plots. The same measured times and costs give the
same files.
"""

from benchmarks.shift_model import experiments, plots, primary, tables
from benchmarks.shift_model.experiments import UTILISATIONS


def main() -> None:
    """Play all shifts; print and write the tables, and draw the plots."""
    costs = primary.load()
    groups = [experiments.waits(), experiments.fairness(), experiments.nearly_full(costs)]
    played = iter(experiments.play_all([plan for plans in groups for plan in plans]))
    waits, fairness, full = ([next(played) for _ in plans] for plans in groups)
    found = {
        "played": tables.played(),
        "costs": tables.costs_of(costs),
        "loads": tables.loads(costs),
        "carries": tables.carries(costs),
        "busy": tables.waits(waits, UTILISATIONS[0], experiments.SWEEPS),
        "busier": tables.waits(waits, UTILISATIONS[1], (None, 5, 60)),
        "fairness": tables.fairness(fairness),
        "nearly full": tables.nearly_full(full),
    }
    for name, table in found.items():
        print(f"{name}\n\n{table}")
    tables.write(found)
    plots.draw(waits, costs)


if __name__ == "__main__":
    main()
