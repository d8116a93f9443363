"""Words for priorities, in the spellings of usual programs."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext as _

from qc.models import Priority

WORDS = {
    Priority.P1: "1 p1 urgent critical highest blocker dringend kritisch",
    Priority.P2: "2 p2 high major hoch",
    Priority.P3: "3 p3 normal medium moderate mittel",
    Priority.P4: "4 p4 low lowest minor trivial niedrig gering",
}
PRIORITIES = {word: priority for priority, words in WORDS.items() for word in words.split()}
# Words that only say what the column is, and what is between words.
NOISE = frozenset({"", "p", "prio", "priority", "priorität"})
BETWEEN = re.compile(r"[\W_]+")
WHOLE = re.compile(r"(\d+)\.0+")


def read(cell: str, words: Mapping[str, int]) -> Priority:
    """Return the priority that a cell names: number and word, as in "1 - Critical", must agree.

    `words` are those that somebody has given a meaning, in small letters. Raises ValueError.
    """
    if priority := find(cell, words):
        return priority
    raise ValueError(_("Allowed are 1, 2, 3 and 4, or urgent, high, normal and low."))


def find(cell: str, words: Mapping[str, int]) -> Priority | None:
    """Return the priority that a cell names, None where that is not clear."""
    text = " ".join(cell.casefold().split())
    if text in words:
        return Priority(words[text])
    if whole := WHOLE.fullmatch(text):
        text = whole[1]
    found = {PRIORITIES.get(word) for word in BETWEEN.split(text) if word not in NOISE}
    return found.pop() if len(found) == 1 else None
