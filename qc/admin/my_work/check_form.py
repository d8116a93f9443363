"""The check of a task as a form shows it: its items with their answers, limits and messages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from qc.admin.shared import check_fields
from qc.checks import answers, judging, outcomes
from qc.checks.check_input import CheckInput
from qc.checks.plan import Item, Plan
from qc.models import AnswerKind, OutcomeRule, Task

# More choices than there are digits are a list.
MOST_BUTTONS = 9


@dataclass(frozen=True)
class Choice:
    """One of the buttons or options of an item. `means` is its verdict."""

    value: str
    label: str
    means: str
    is_chosen: bool
    digit: int


@dataclass(frozen=True)
class ShownItem:
    """An item of the plan, its answer so far, and what is wrong with that."""

    item: Item
    text: str
    error: str
    is_asked: bool
    condition: str

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{check_fields.ANSWER}{self.item.key}"

    @property
    def is_list(self) -> bool:
        """Whether its choices are a list instead of buttons."""
        return len(self.item.options) > MOST_BUTTONS

    @cached_property
    def choices(self) -> list[Choice]:
        """Its choices; none where something is typed."""
        found = [(one.value, one.value, "ok" if one.is_ok else "not_ok") for one in self.options]
        if self.item.kind == AnswerKind.OK_NOT_OK:
            found = [(one.value, capfirst(one.label), one.value) for one in answers.OK_VALUES]
        return [
            Choice(value, label, means, value == self.text, digit)
            for digit, (value, label, means) in enumerate(found, 1)
        ]

    @property
    def options(self) -> Any:
        """The choices that the plan has for it."""
        return self.item.options

    @property
    def limits(self) -> str:
        """What a number must be, in words."""
        item, unit = self.item, f" {self.item.unit}" if self.item.unit else ""
        if item.lower is not None and item.upper is not None:
            return f"{_plain(item.lower)} – {_plain(item.upper)}{unit}"
        if item.lower is not None:
            return _("at least %s") % (_plain(item.lower) + unit)
        if item.upper is not None:
            return _("at most %s") % (_plain(item.upper) + unit)
        return unit.strip()

    @property
    def verdict(self) -> str:
        """What the answer so far means; "" also for one that is wrong."""
        try:
            return answers.judged(self.item, self.text).verdict.value if self.text else ""
        except ValueError:
            return ""

    @property
    def only_if(self) -> str:
        """The answers with which it is asked, for the page's scripts."""
        return json.dumps(self.item.only_if.answers) if self.item.only_if else ""


@dataclass(frozen=True)
class CheckForm:
    """The check of a task: what was sent of it so far, and a message for each part by its name.

    `card` names the card that it is on, where others of the same task may be on the page.
    """

    task: Task
    sent: CheckInput
    errors: Mapping[str, str] = field(default_factory=dict)
    is_correction: bool = False
    card: str = ""

    @cached_property
    def version(self) -> int | None:
        """The id of the version of its plan."""
        return judging.version_of(self.task)

    @cached_property
    def plan(self) -> Plan | None:
        """Its plan."""
        return judging.plan_of(self.task)

    @property
    def id(self) -> str:
        """What names it on the page: another plan is another form."""
        kind = "correction" if self.is_correction else "check"
        return "-".join(filter(None, [kind, str(self.task.pk), str(self.version or 0), self.card]))

    @cached_property
    def sections(self) -> list[tuple[str, list[ShownItem]]]:
        """The items by their sections."""
        plan = self.plan or Plan()
        asked = {item.key for item in answers.asked(plan, self.sent.answers)}
        return [
            (name, [self._shown(item, item.key in asked) for item in items])
            for name, items in plan.sections.items()
        ]

    @property
    def says_why(self) -> bool:
        """Whether it says what failed: by a defect, or an answer that is not OK."""
        items = [item for _name, section in self.sections for item in section if item.is_asked]
        return bool(self.sent.defects) or any(item.verdict == "not_ok" for item in items)

    @property
    def is_by_checker(self) -> bool:
        """Whether the checker says the outcome."""
        return self.plan is None or self.plan.rule == OutcomeRule.CHECKER

    @property
    def words(self) -> str:
        """What the page's scripts say, as JSON."""
        found = {name: str(text) for name, text in outcomes.WHY.items()}
        found |= {
            "progress": _("%(done)s of %(all)s answered"),
            "limits": _("Not OK: %s"),
            "passed": _("Follows: passed"),
            "partial": _("Follows: passed in part"),
            "failed": _("Follows: failed"),
            "refused": _("Not possible: %s."),
        }
        return json.dumps(found)

    @property
    def errors_json(self) -> str:
        """The messages, for a form that stays on the page."""
        return json.dumps(self.errors)

    def _shown(self, item: Item, is_asked: bool) -> ShownItem:
        error = self.errors.get(f"answers.{item.key}", "")
        return ShownItem(
            item, self.sent.answers.get(item.key, ""), error, is_asked, self._condition(item)
        )

    def _condition(self, item: Item) -> str:
        """Return in words when an item is asked, "" for always."""
        if item.only_if is None or self.plan is None:
            return ""
        other = self.plan.by_key[item.only_if.item]
        return _("Only if – %s") % " / ".join(
            check_fields.words(other, one) for one in item.only_if.answers
        )


def _plain(number: Any) -> str:
    """Return a limit as its reader writes it."""
    return number_format(number, use_l10n=True)
