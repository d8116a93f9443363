"""Believable checks: answers to all items of a plan, and what a bad piece shows."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

from qc.checks import answers, judging
from qc.checks.check_input import CheckInput, FoundDefect
from qc.checks.judging import Judged
from qc.checks.plan import Item, Plan
from qc.models import AnswerKind, DefectCode, Task, Verdict

TEXTS = {
    "tax_number": "DE 811 907 980",
    "account_confirmed_by": "Ms Weber, by phone",
    "allergen_missing": "mustard",
    "wrong_article": "size M instead of L",
}
NOTES = (
    "",
    "",
    "",
    "",
    "Packaging was damp.",
    "Please tell the supplier.",
    "Second one this week.",
)
# Of a lot so many are looked at, and so many lots have a few bad pieces among them.
SAMPLE, SHARE_PARTIAL = 50, 0.12


def checked(task: Task, plan: Plan, codes: Sequence[DefectCode], dice: Random, bad: bool) -> Judged:
    """Return the check of a task, which fails it where it is `bad`."""
    wrong = _what_is_wrong(plan, dice) if bad else ""
    sent = _answers(task, plan, dice, wrong)
    inspected = min(task.lot_size or SAMPLE, SAMPLE) if task.queue.counts_quantities else None
    rejected = _rejected(inspected, dice, bad)
    found = _defects(codes, dice, wrong, rejected) if bad or rejected else ()
    return judging.judged(task, CheckInput(sent, found, inspected, rejected), None)


def note(dice: Random, *, bad: bool) -> str:
    """Return what the checker wrote, mostly nothing."""
    return dice.choice(NOTES[3:] if bad else NOTES[:5])


def _what_is_wrong(plan: Plan, dice: Random) -> str:
    """Return the key of a critical item, which fails the check when it is not OK."""
    critical = [one for one in plan.items if one.is_critical and one.only_if is None]
    return dice.choice(critical).key


def _answers(task: Task, plan: Plan, dice: Random, wrong: str) -> dict[str, str]:
    """Answer all items that are asked: those with a condition once its item has its answer."""
    sent: dict[str, str] = {}
    while missing := [one for one in answers.asked(plan, sent) if one.key not in sent]:
        for item in missing:
            sent[item.key] = _answer(task, item, dice, is_ok=item.key != wrong)
    return {key: text for key, text in sent.items() if text}


def _answer(task: Task, item: Item, dice: Random, *, is_ok: bool) -> str:
    if item.kind == AnswerKind.OK_NOT_OK:
        return str(Verdict.OK if is_ok else Verdict.NOT_OK)
    if item.kind == AnswerKind.CHOICE:
        good = [one.value for one in item.options if one.is_ok]
        # The first is the usual one.
        return dice.choices(good, [6, *[1] * (len(good) - 1)])[0]
    if item.kind == AnswerKind.NUMBER:
        return _number(item, dice, is_ok=is_ok)
    if item.kind == AnswerKind.DATE:
        return _day(task).isoformat()
    if item.kind == AnswerKind.SCAN:
        return f"40{dice.randrange(10**11):011}"
    return TEXTS.get(item.key, "") if item.kind == AnswerKind.TEXT else ""


def _number(item: Item, dice: Random, *, is_ok: bool) -> str:
    """Return a measurement: around the middle of the limits, or a little beyond the upper one."""
    lower = item.lower if item.lower is not None else Decimal(1)
    upper = item.upper if item.upper is not None else max(lower * 2, Decimal(40))
    step, width = Decimal(1).scaleb(-item.decimals), upper - lower
    if is_ok:
        share = min(max(dice.gauss(0.5, 0.14), 0.02), 0.98)
        return str((lower + width * Decimal(share)).quantize(step))
    low_only = item.upper is None
    beyond = width * Decimal(dice.uniform(0.1, 0.6)) + step
    return str((lower - beyond if low_only else upper + beyond).quantize(step))


def _day(task: Task) -> date:
    return task.created_at.date()


def _rejected(inspected: int | None, dice: Random, bad: bool) -> int | None:
    if inspected is None:
        return None
    is_partial = not bad and dice.random() < SHARE_PARTIAL and inspected > 1
    return dice.randint(1, max(inspected // 8, 1)) if bad or is_partial else 0


def _defects(
    codes: Sequence[DefectCode], dice: Random, item: str, quantity: int | None
) -> tuple[FoundDefect, ...]:
    # Some codes are found far more often than others.
    code = codes[min(int(dice.expovariate(0.6)), len(codes) - 1)]
    return (FoundDefect(code.code, None, max(quantity or 1, 1), "", item),)
