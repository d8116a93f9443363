"""How simulated people answer a check: all that is asked, now and then with one thing not OK."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

PASSED, FAILED = "passed", "failed"
OK, NOT_OK = "ok", "not_ok"
# Of a lot so many pieces are looked at.
SAMPLE = 20

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """What a task asks of its checker; `items` are those of its plan, as the API has them."""

    items: Sequence[Item] = ()
    rule: str = "checker"
    codes: Sequence[str] = ()
    counts: bool = False
    lot_size: int | None = None
    plan: str = ""


@dataclass
class Filled:
    """A check as somebody answers it. `photos` are the items that need one."""

    outcome: str = PASSED
    answers: dict[str, str] = field(default_factory=dict)
    defects: list[dict[str, Any]] = field(default_factory=list)
    photos: list[str] = field(default_factory=list)
    inspected: int | None = None
    rejected: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as the API takes it."""
        counts = {"inspected": self.inspected, "rejected": self.rejected}
        found = {"answers": self.answers, "defects": self.defects}
        given = {name: part for name, part in found.items() if part}
        return given | {name: n for name, n in counts.items() if n is not None}

    def as_form(self) -> dict[str, str]:
        """Return it as the fields of *My work*."""
        form = {f"answer-{key}": answer for key, answer in self.answers.items()}
        for n, defect in enumerate(self.defects):
            form |= {f"defect-{n}-{name}": str(value) for name, value in defect.items()}
        counts = {"inspected": self.inspected, "rejected": self.rejected}
        return form | {name: str(n) for name, n in counts.items() if n is not None}


def filled(sheet: Sheet, wants_to_fail: bool, dice: random.Random) -> Filled:
    """Return a check that passes, or one that fails where the sheet has a way to."""
    bad = _critical(sheet, dice) if wants_to_fail else ""
    fails = wants_to_fail and bool(bad or sheet.counts or sheet.rule == "checker")
    check = Filled(FAILED if fails else PASSED)
    for item in sheet.items:
        if _is_asked(item, check.answers):
            _answer(check, item, item["key"] == bad, dice)
    if fails and sheet.codes:
        where = {"item": bad} if bad else {}
        check.defects.append({"code": dice.choice(sheet.codes), "quantity": 1, **where})
    if sheet.counts:
        check.inspected = min(sheet.lot_size or SAMPLE, SAMPLE)
        check.rejected = check.inspected if fails else 0
    return check


def _critical(sheet: Sheet, dice: random.Random) -> str:
    """Return the key of an item that fails the check by itself, "" where there is none."""
    keys = [one["key"] for one in sheet.items if one.get("critical") and not one.get("only_if")]
    return dice.choice(keys) if keys else ""


def _is_asked(item: Item, answers: Mapping[str, str]) -> bool:
    condition = item.get("only_if")
    return condition is None or answers.get(condition["item"]) in condition["answers"]


def _answer(check: Filled, item: Item, is_bad: bool, dice: random.Random) -> None:
    if item["kind"] != "photo":
        check.answers[item["key"]] = _ANSWERS[item["kind"]](item, is_bad, dice)
    elif item.get("required", True):
        check.photos.append(item["key"])


def _choice(item: Item, is_bad: bool, dice: random.Random) -> str:
    fitting = [one["value"] for one in item["options"] if one["is_ok"] != is_bad]
    return str(dice.choice(fitting))


def _number(item: Item, is_bad: bool, dice: random.Random) -> str:
    """Return a number within the limits, or one just beyond one of them."""
    lower, upper = (Decimal(item[name]) if item.get(name) else None for name in ("lower", "upper"))
    least = lower if lower is not None else (upper or 1) - 1
    most = upper if upper is not None else least + 1
    if is_bad:
        number = most + 1 if upper is not None else least - 1
    else:
        number = least + (most - least) * Decimal(dice.randrange(1, 10)) / 10
    decimals = item.get("decimals", 0)
    rounded = round(number, decimals)
    return f"{rounded if is_bad else min(max(rounded, least), most):.{decimals}f}"


_ANSWERS: dict[str, Any] = {
    "ok": lambda _item, is_bad, _dice: NOT_OK if is_bad else OK,
    "choice": _choice,
    "number": _number,
    "text": lambda _item, _is_bad, dice: f"As seen, {dice.randrange(100)}.",
    "date": lambda _item, _is_bad, _dice: datetime.now(UTC).date().isoformat(),
    "scan": lambda _item, _is_bad, dice: f"S{dice.randrange(10**8):08}",
}
