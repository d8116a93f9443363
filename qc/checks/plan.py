"""A version of a check plan in memory: what is asked, and what an answer means.

The content of a version, as it is stored (`PlanVersion.content`)::

    {"rule": "critical", "pass_score": 100,
     "items": [{"key": "torque", "section": "Screws", "question": "Torque", "kind": "number",
                "help": "", "picture": "<SHA-256>", "required": true, "critical": false,
                "weight": 1,
                "options": [{"value": "red", "is_ok": true}], "unit": "Nm",
                "lower": "8", "upper": "10", "decimals": 1,
                "only_if": {"item": "has_screws", "answers": ["ok"]}}]}

What an item does not need, it does not have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from qc.models import AnswerKind, OutcomeRule, PlanVersion

# So many versions are kept in memory: each is read once by a process, as none ever changes.
MOST_IN_MEMORY = 500


@dataclass(frozen=True)
class Option:
    """One of the choices of an item."""

    value: str
    is_ok: bool = True


@dataclass(frozen=True)
class Condition:
    """An item is asked only where `item`, one before it, has one of these answers."""

    item: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A question of a plan. `lower` and `upper` are limits that are OK themselves.

    `picture` is the digest of an `ItemPicture`, "" for none.
    """

    key: str
    question: str
    kind: AnswerKind = AnswerKind.OK_NOT_OK
    section: str = ""
    help: str = ""
    picture: str = ""
    is_required: bool = True
    is_critical: bool = False
    weight: int = 1
    options: tuple[Option, ...] = ()
    unit: str = ""
    lower: Decimal | None = None
    upper: Decimal | None = None
    decimals: int = 0
    only_if: Condition | None = None


@dataclass(frozen=True)
class Plan:
    """A version of a plan: its items in their order, and what its outcome follows from."""

    rule: OutcomeRule = OutcomeRule.CRITICAL
    pass_score: int = 100
    items: tuple[Item, ...] = field(default=())

    @cached_property
    def by_key(self) -> dict[str, Item]:
        """The items by their keys."""
        return {item.key: item for item in self.items}

    @cached_property
    def pictures(self) -> set[str]:
        """The digests of the pictures that it shows."""
        return {item.picture for item in self.items if item.picture}

    @cached_property
    def sections(self) -> dict[str, list[Item]]:
        """The items by their sections, both in their order."""
        sections: dict[str, list[Item]] = {}
        for item in self.items:
            sections.setdefault(item.section, []).append(item)
        return sections


@lru_cache(maxsize=MOST_IN_MEMORY)
def of_version(version_id: int) -> Plan:
    """Return the plan of a version, by the version's id. Raises PlanVersion.DoesNotExist."""
    return read(stored(version_id)[1])


@lru_cache(maxsize=MOST_IN_MEMORY)
def stored(version_id: int) -> tuple[int, dict[str, Any]]:
    """Return a version's number and content, which never change. Raises DoesNotExist."""
    return PlanVersion.objects.values_list("number", "content").get(pk=version_id)


def read(content: Mapping[str, Any]) -> Plan:
    """Return a plan from the content of a version."""
    return Plan(
        OutcomeRule(content["rule"]),
        content["pass_score"],
        tuple(_item(one) for one in content["items"]),
    )


def _item(stored: Mapping[str, Any]) -> Item:
    names = {"required": "is_required", "critical": "is_critical"}
    values: dict[str, Any] = {names.get(name, name): value for name, value in stored.items()}
    for name, convert in _CONVERTERS.items():
        if name in values:
            values[name] = convert(values[name])
    return Item(**values)


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "kind": AnswerKind,
    "options": lambda options: tuple(Option(**one) for one in options),
    "lower": Decimal,
    "upper": Decimal,
    "only_if": lambda one: Condition(one["item"], tuple(one["answers"])),
}
