"""What the outcome of a check can be.

- A critical item that is not OK always fails the check.
- Where the score decides, one below the plan's limit fails it.
- Where all that were inspected were rejected, it fails; where some were, it is passed in part.
- Everything else passes. Only where the plan leaves it to the checker, or there is no plan, may
  they fail what could pass.

`qc/static/qc/my_work/check.js` has the same rule for what is being answered;
`tests/browser/test_check_outcome.py` compares the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.checks.answers import Answered
from qc.checks.plan import Plan
from qc.core.exceptions import InvalidInput
from qc.models import Outcome, OutcomeRule, Verdict

# Why an outcome is as it is.
WHY = {
    "critical": gettext_lazy("critical and not OK: %(items)s"),
    "score_low": gettext_lazy("the score is %(score)s %%, less than %(least)s %%"),
    "score_enough": gettext_lazy("the score is %(score)s %%, and %(least)s %% are enough"),
    "none_critical": gettext_lazy("no critical item is not OK"),
    "all_rejected": gettext_lazy("all that were inspected were rejected"),
    "some_rejected": gettext_lazy("%(rejected)s of %(inspected)s were rejected"),
    "none_rejected": gettext_lazy("nothing was rejected"),
}


@dataclass(frozen=True)
class Ruling:
    """The outcomes that a check can have, first what it has if nobody says it, and why."""

    possible: tuple[Outcome, ...]
    why: str | Promise = ""


# Where nothing is answered, named or counted.
PLAIN = Ruling((Outcome.PASSED, Outcome.FAILED), WHY["none_rejected"])


def ruling(
    plan: Plan | None,
    answered: Sequence[Answered],
    inspected: int | None = None,
    rejected: int | None = None,
) -> Ruling:
    """Return what the outcome can be. Without a plan the checker says it."""
    why = _why_failed(plan, answered) if plan else ""
    if not why and inspected and rejected == inspected:
        why = _why("all_rejected")
    if why:
        return Ruling((Outcome.FAILED,), why)
    accepted, why = Outcome.PASSED, _why("none_rejected")
    if rejected:
        why = _why("some_rejected", rejected=rejected, inspected=inspected)
        accepted = Outcome.PARTIAL
    if plan is None or plan.rule == OutcomeRule.CHECKER:
        return Ruling((accepted, Outcome.FAILED), why)
    return Ruling((accepted,), why if rejected else _why_passed(plan, answered))


def decided(found: Ruling, chosen: str | None) -> Outcome:
    """Return the outcome of a check. Raises InvalidInput where the chosen one is not possible."""
    if not chosen:
        return found.possible[0]
    if chosen in found.possible:
        return Outcome(chosen)
    outcomes = " / ".join(str(one.label) for one in found.possible)
    raise InvalidInput(
        "outcome",
        _("The outcome is “%(outcome)s”, not “%(said)s”: %(why)s.")
        % {"outcome": outcomes, "said": Outcome(chosen).label, "why": found.why},
    )


def score(answered: Sequence[Answered]) -> float | None:
    """Return how many percent of the weights are OK, rounded down; None where nothing counts.

    Only what is OK or not OK counts.
    """
    ok, total = _weights(answered)
    return ok * 1000 // total / 10 if total else None


def _why_failed(plan: Plan, answered: Sequence[Answered]) -> str:
    """Return why a check fails by its answers; "" where it does not."""
    not_ok = [one.item for one in answered if one.verdict == Verdict.NOT_OK]
    if critical := [item.question for item in not_ok if item.is_critical]:
        return _why("critical", items=", ".join(critical))
    ok, total = _weights(answered)
    if plan.rule == OutcomeRule.SCORE and ok * 100 < plan.pass_score * total:
        return _why("score_low", **_numbers(plan, answered))
    return ""


def _why_passed(plan: Plan, answered: Sequence[Answered]) -> str:
    if plan.rule == OutcomeRule.SCORE and score(answered) is not None:
        return _why("score_enough", **_numbers(plan, answered))
    return _why("none_critical")


def _why(name: str, **values: object) -> str:
    return str(WHY[name]) % values


def _numbers(plan: Plan, answered: Sequence[Answered]) -> dict[str, str]:
    found = score(answered) or 0
    return {"score": number_format(found, 1), "least": str(plan.pass_score)}


def _weights(answered: Sequence[Answered]) -> tuple[int, int]:
    """Return the weights that are OK, and all that count."""
    counting = [one for one in answered if one.verdict in (Verdict.OK, Verdict.NOT_OK)]
    ok = sum([one.item.weight for one in counting if one.verdict == Verdict.OK])
    return ok, sum([one.item.weight for one in counting])
