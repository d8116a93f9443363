"""The cells of files of check plans: how people write them, and what they are."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from qc.checks.plan_draft import plain
from qc.models.queues import folded

YES = {"yes", "y", "x", "true", "1", "ja", "j", "wahr"}
NO = {"no", "n", "", "false", "0", "nein", "falsch"}
# Between several values in a cell; where one has it itself, each is on a line of its own.
SEPARATOR = ";"


class Text(Widget):
    """A text."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        """Return the text of a cell."""
        return str(value or "")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the cell of a value."""
        return "" if value is None else str(value)


class Lines(Text):
    """Several values, kept one on each line."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the values, one on each line."""
        text = str(value or "")
        parts = text.splitlines() if "\n" in text else text.split(SEPARATOR)
        return "\n".join(part.strip() for part in parts if part.strip())

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the values in one cell."""
        lines = str(value or "").splitlines()
        if SEPARATOR in str(value):
            return "\n".join([*lines, ""])
        return f"{SEPARATOR} ".join(lines)


class YesOrNo(Text):
    """Whether something is so."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """Return whether a cell says yes."""
        word = folded(str(value or ""))
        if word not in YES | NO:
            raise ValueError(_("“%s”: write yes or no.") % value)
        return word in YES

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the cell of a value."""
        return "yes" if value else "no"


class OneOf(Text):
    """One of the choices of a column, by its value or by its name."""

    def __init__(self, choices: Any) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the value of a choice."""
        known = {folded(str(name)): one for one, name in self.choices.choices}
        known |= {folded(one): one for one in self.choices.values}
        word = folded(str(value or ""))
        if word not in known:
            allowed = ", ".join(self.choices.values)
            raise ValueError(
                _("“%(value)s”: write one of %(allowed)s.") % {"value": value, "allowed": allowed}
            )
        return str(known[word])


class Number(Text):
    """A number, with a point or a comma; `empty` where there is none."""

    def __init__(self, empty: int | None = None, *, is_whole: bool = False) -> None:
        super().__init__()
        self.empty, self.is_whole = empty, is_whole

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | int | None:
        """Return the number in a cell."""
        text = str(value or "").strip()
        if not text:
            return self.empty
        try:
            number = Decimal(text.replace(",", "."))
        except InvalidOperation:
            raise ValueError(self._wrong(text)) from None
        if not number.is_finite() or (self.is_whole and number != int(number)):
            raise ValueError(self._wrong(text))
        return int(number) if self.is_whole else number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the cell of a number."""
        return "" if value is None else str(plain(Decimal(value)))

    def _wrong(self, text: str) -> str:
        if self.is_whole:
            return _("“%s”: write a whole number, such as 2.") % text
        return _("“%s”: write a number, such as 9.5.") % text
