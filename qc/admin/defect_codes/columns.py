"""How the values of a defect code are written in a file, and read from it."""

from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import ManyToManyWidget, Widget

from qc.admin.shared.file_cells import BETWEEN, in_each_language, joined, parts
from qc.models import Queue, Severity
from qc.models.queues import folded

# Other names of columns, in small letters.
HEADINGS = {
    "gruppe": "group",
    "fehlercode": "code",
    "fehler": "code",
    "bezeichnung": "name",
    "name (de)": "name_de",
    "name_deutsch": "name_de",
    "name deutsch": "name_de",
    "deutscher name": "name_de",
    "schwere": "severity",
    "schweregrad": "severity",
    "aktiv": "active",
    "queue": "queues",
    "warteschlange": "queues",
    "warteschlangen": "queues",
}
SEVERITIES = {
    Severity.CRITICAL: ("1", "critical", "kritisch", "kritischer fehler"),
    Severity.MAJOR: ("2", "major", "haupt", "hauptfehler", "schwer", "erheblich"),
    Severity.MINOR: ("3", "minor", "neben", "nebenfehler", "leicht", "gering"),
}


class SeverityWidget(Widget):
    """A severity as a word in the reader's language; read in each of them."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        """Return the severity of a word; major where the cell is empty. Raises ValueError."""
        word = value.casefold()
        if not word:
            return int(Severity.MAJOR)
        for severity, words in SEVERITIES.items():
            if word in words or word in in_each_language(severity.label):
                return int(severity)
        allowed = ", ".join(str(one.label) for one in Severity)
        raise ValueError(
            _("“%(word)s” is no severity. Allowed are: %(all)s.") % {"word": value, "all": allowed}
        )

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the word for a severity."""
        return str(Severity(value).label)


class QueuesWidget(ManyToManyWidget):
    """Queues by their names, with ; between them; none for all queues."""

    def __init__(self) -> None:
        super().__init__(Queue, separator=BETWEEN, field="name")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Queue]:
        """Return the queues, known by each of their names. Raises ValueError."""
        named, found = Queue.objects.by_name(), list[Queue]()
        for name in parts(value):
            queue = named.get(name) or named.get(folded(name))
            if queue is None:
                raise ValueError(_("There is no queue “%s”.") % name)
            found.append(queue)
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the names of the queues, sorted."""
        return joined(value.all()) if value is not None else ""
