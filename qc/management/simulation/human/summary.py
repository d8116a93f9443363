"""The figures of a shift of humans as text."""

from qc.management.simulation.human.shift import HumanShift


def summary(shift: HumanShift) -> list[str]:
    """Return a line for each figure, and for each thing that went wrong."""
    notebook = shift.notebook
    played = [f"{number} × {incident}" for incident, number in sorted(notebook.played.items())]
    return [
        "",
        f"Played: {', '.join(played) or 'nothing'}",
        f"{len(notebook.complaints)} complaints of people who were at work",
        *times(shift),
        *(f"COMPLAINT: {what}" for what in notebook.complaints),
        *(f"WRONG TIME: {what}" for what in shift.wrong_times),
    ]


def times(shift: HumanShift) -> list[str]:
    """Return how long tasks took on average, as played and as reported."""
    pairs = shift.notebook.per_person().values()
    number = len(shift.notebook.reported)
    if not number:
        return ["no handling times reported"]
    played, reported = (sum(pair[side] for pair in pairs) / number for side in (0, 1))
    off = 100 * (reported - played) / played
    unreported = f", {shift.unreported} not reported" if shift.unreported else ""
    return [
        f"Handling: {played:.2f} s played, {reported:.2f} s reported on average "
        f"({off:+.1f} %){unreported}"
    ]
