"""A choice: what is asked, and what may be answered."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An answer to a choice; `lines` show what the file would say."""

    value: str
    label: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """Something to be chosen: `name` is the field of `Reading`, `item` the word in it, if any.

    A file is not imported while a choice is `needed`; without the others some rows are refused.
    """

    name: str
    question: str
    options: tuple[Option, ...]
    preset: str = ""
    item: str = ""
    needed: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the choice for the answers of the API and of the console."""
        options = [{"value": one.value, "label": one.label} for one in self.options]
        return asdict(self) | {"options": options}
