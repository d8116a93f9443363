"""How values are written in the cells of a file, and read from them, in each language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from import_export.widgets import Widget

YES, NO = ("1", "yes", "true", "ja", "wahr", "x"), ("0", "no", "false", "nein", "falsch")
BETWEEN = ";"


def plain(cell: Any) -> str:
    """Return a cell as text without blanks around it; whole numbers without a point."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def column_of(cell: Any, headings: Mapping[str, str]) -> str:
    """Return the column that a heading means, whatever its capitals; `headings` has other names."""
    name = " ".join(plain(cell).casefold().split())
    return headings.get(name, name)


def parts(cell: str) -> list[str]:
    """Return what stands in a cell with ; between."""
    return [one.strip() for one in cell.split(BETWEEN) if one.strip()]


def joined(texts: Iterable[Any]) -> str:
    """Return texts as one cell, sorted."""
    return f"{BETWEEN} ".join(sorted(str(one) for one in texts))


def in_each_language(text: str | Promise) -> set[str]:
    """Return a text in each language, in small letters."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(str(text).casefold())
    return found


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


class ChoiceWidget(Widget):
    """One of some values, by its label in the reader's language; read in each of them."""

    def __init__(self, choices: Iterable[tuple[Any, str | Promise]]) -> None:
        super().__init__()
        self.labels = dict(choices)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the value of a word. Raises ValueError."""
        word = value.casefold()
        for one, label in self.labels.items():
            if word == str(one).casefold() or word in in_each_language(label):
                return one
        allowed = ", ".join(str(label) for label in self.labels.values())
        raise ValueError(_("“%(word)s” is none of: %(all)s.") % {"word": value, "all": allowed})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the label."""
        return str(self.labels.get(value, value or ""))


class ChoicesWidget(ChoiceWidget):
    """Several of some values, with ; between."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> frozenset[Any]:
        """Return the values. Raises ValueError for the first that is none."""
        return frozenset(super(ChoicesWidget, self).clean(one) for one in parts(value))

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the labels."""
        return joined(super(ChoicesWidget, self).render(one) for one in value or ())
