"""How much of a primary's time a floor takes, and how many people a primary carries."""

from benchmarks.shift_model.primary import NET_SECONDS, Costs, Setup, background

# The rest is for the peaks of a day: beyond this, the queue at a server grows quickly.
FULL = 0.7


def load(
    costs: Costs, setup: Setup, people: float, handling: float, utilisation: float
) -> dict[str, float]:
    """Return the parts of one primary's time, 1 being all of it, by kind of work.

    `handling` is in seconds for a task, `utilisation` the part of people's time spent on tasks.
    """
    here = people / setup.primaries
    free = (1 - utilisation) * here
    rate = utilisation * here / handling
    return {
        "finishing": rate * costs.finish / costs.cores,
        "arrivals": rate * costs.arrival(setup, round(here), free) / costs.cores,
        "sweep": costs.sweep_reads.of(round(here), free) / NET_SECONDS / costs.cores,
        **background(costs, setup, round(here)),
    }


def most_people(costs: Costs, setup: Setup, handling: float, utilisation: float) -> float:
    """Return how many people fill 70 % of the time of the primary, or of each of them."""
    low, high = 1.0, 1e8
    while high / low > 1.001:
        middle = (low * high) ** 0.5
        fits = sum(load(costs, setup, middle, handling, utilisation).values()) < FULL
        low, high = (middle, high) if fits else (low, middle)
    return low


def handling_for(costs: Costs, setup: Setup, people: int, utilisation: float, busy: float) -> float:
    """Return the seconds of a task at which so many people keep the primary that busy."""
    at_a_second = load(costs, setup, people, 1, utilisation)
    still = at_a_second["sweep"] + at_a_second["looks"] + at_a_second["seen"]
    return (at_a_second["finishing"] + at_a_second["arrivals"]) / (busy - still)
