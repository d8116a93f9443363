"""How the values of a defect code are written in a file, and read from it."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.widgets import ManyToManyWidget, Widget

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
YES, NO = ("1", "yes", "true", "ja", "wahr", "x"), ("0", "no", "false", "nein", "falsch")
BETWEEN = ";"


def plain(cell: Any) -> str:
    """Return a cell as text without blanks around it; whole numbers without a point."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def heading(cell: Any) -> str:
    """Return the column that a heading means, whatever its language and capitals."""
    name = " ".join(plain(cell).casefold().split())
    return HEADINGS.get(name, name)


class SeverityWidget(Widget):
    """A severity as a word in the reader's language; read in each of them."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int:
        """Return the severity of a word; major where the cell is empty. Raises ValueError."""
        word = value.casefold()
        if not word:
            return int(Severity.MAJOR)
        for severity, words in SEVERITIES.items():
            if word in words or word in _labels(severity):
                return int(severity)
        allowed = ", ".join(str(one.label) for one in Severity)
        raise ValueError(
            _("“%(word)s” is no severity. Allowed are: %(all)s.") % {"word": value, "all": allowed}
        )

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the word for a severity."""
        return str(Severity(value).label)


class YesNoWidget(Widget):
    """Yes or no, in the reader's language; read in each of them."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """Return what a word means; yes where the cell is empty. Raises ValueError."""
        word = value.casefold()
        if word in ("", *YES):
            return True
        if word in NO:
            return False
        raise ValueError(_("Write yes or no, not “%s”.") % value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the word."""
        return _("yes") if value else _("no")


class QueuesWidget(ManyToManyWidget):
    """Queues by their names, with ; between them; none for all queues."""

    def __init__(self) -> None:
        super().__init__(Queue, separator=BETWEEN, field="name")

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Queue]:
        """Return the queues, known by each of their names. Raises ValueError."""
        named, found = Queue.objects.by_name(), list[Queue]()
        for name in filter(None, (one.strip() for one in value.split(BETWEEN))):
            queue = named.get(name) or named.get(folded(name))
            if queue is None:
                raise ValueError(_("There is no queue “%s”.") % name)
            found.append(queue)
        return found

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the names of the queues, sorted."""
        return _joined(value.all()) if value is not None else ""


def _joined(queues: Iterable[Queue]) -> str:
    return f"{BETWEEN} ".join(sorted(queue.name for queue in queues))


def _labels(severity: Severity) -> set[str]:
    labels = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            labels.add(str(severity.label).casefold())
    return labels
