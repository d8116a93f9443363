"""What has to be chosen where a table lacks a column of ours, or names queues that nobody knows."""

from collections.abc import Iterator

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from qc.imports.choice import Choice, Option
from qc.imports.columns import COLUMNS
from qc.imports.completion import Completion, suggested_prefix
from qc.imports.reading import Findings, Reading
from qc.models import Import, Queue

# How much of a name is shown.
LONGEST = 60
# The answer that numbers the rows.
NUMBER = "number"


def name(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Ask which column is the name of the task."""
    if "name" in record.mapping:
        return
    pairs = zip(record.header, record.mapping, strict=True)
    headings = [heading for heading, ours in pairs if heading and ours not in COLUMNS]
    options = tuple(Option(heading, heading) for heading in headings)
    yield Choice("columns", _("Which column says what is to be checked?"), options, item="name")


def reference(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Ask what a task is known by: columns joined, or a running number."""
    if "reference" in {*record.mapping, *Completion(record.header, how).names}:
        return
    options = keys(record, found.keys)
    question = _("No column is the reference by which a task is known again. What is it made of?")
    yield Choice("key", question, options, preset=options[0].value)


def keys(record: Import, headings: list[list[str]]) -> tuple[Option, ...]:
    """Return what a reference can be made of: columns with these headings, or numbers."""
    joined = [Option(",".join(key), _("%s, joined") % " + ".join(key)) for key in headings]
    prefix = suggested_prefix(record)
    examples = {"one": f"{prefix}1", "two": f"{prefix}2"}
    label = _("number the rows: %(one)s, %(two)s, …") % examples
    return (*joined, Option(NUMBER, label))


def queue_of_all(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Ask for the queue of all rows."""
    if "queue" in record.mapping or how.values.get("queue"):
        return
    options = open_queues()
    preset = options[0].value if len(options) == 1 else ""
    question = _("No column names the queue. Which one are all rows for?")
    yield Choice("values", question, options, preset=preset, item="queue")


def queues(record: Import, how: Reading, found: Findings) -> Iterator[Choice]:
    """Ask for the queue of each name that nobody knows."""
    options = open_queues()
    for unknown in found.queues:
        question = _("Which queue is “%s”?") % Truncator(unknown).chars(LONGEST)
        yield Choice("queues", question, options, item=unknown, needed=False)


def open_queues() -> tuple[Option, ...]:
    """Return the queues that tasks can be imported into."""
    return tuple(Option(queue.name, queue.name) for queue in Queue.objects.open())
