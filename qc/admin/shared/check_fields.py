"""The fields of a check and its notes in a form: read, and made again from what is stored.

The answer to an item is in `answer-<key>`. `plan` is the id of the version that the form shows; a
form without it has no check.
"""

from django.http import HttpRequest

from qc.admin.shared import defect_fields
from qc.admin.shared.params import is_id
from qc.checks import answers
from qc.checks.check_input import CheckInput
from qc.checks.plan import Item, Plan
from qc.models import AnswerKind, Verdict
from qc.models.checks import LONGEST_VALUE

ANSWER = "answer-"


def read(request: HttpRequest) -> CheckInput | None:
    """Return the check of a form, None where it has none. Too long an answer is one too long."""
    if "plan" not in request.POST:
        return None
    given = {
        name.removeprefix(ANSWER): text.strip().replace("\r\n", "\n")[: LONGEST_VALUE + 1]
        for name, text in request.POST.items()
        if name.startswith(ANSWER) and isinstance(text, str) and text.strip()
    }
    defects, inspected, rejected = defect_fields.read(request.POST)
    return CheckInput(given, defects, inspected, rejected)


def notes(request: HttpRequest) -> str:
    """Return the notes of a form, with line ends as the notes field has them."""
    return request.POST.get("notes", "").replace("\r\n", "\n")


def draft_version(request: HttpRequest) -> int | None:
    """Return the version of the draft that notes and answers of a form are based on."""
    return _id(request, "version")


def plan_id(request: HttpRequest) -> int | None:
    """Return the id of the version of the plan that a form shows."""
    return _id(request, "plan")


def fields(plan: Plan | None, check: CheckInput) -> list[tuple[str, str, str]]:
    """Return the name and value of each field of a check, and both in words."""
    items = plan.items if plan else ()
    return [
        (f"{ANSWER}{item.key}", check.answers[item.key], words(item, check.answers[item.key]))
        for item in items
        if item.key in check.answers
    ] + defect_fields.fields(check)


def words(item: Item, text: str) -> str:
    """Return an answer in words."""
    shown = text
    if item.kind == AnswerKind.OK_NOT_OK and text in answers.OK_VALUES:
        shown = str(Verdict(text).label)
    return f"{item.question}: {shown}"


def _id(request: HttpRequest, name: str) -> int | None:
    sent = request.POST.get(name, "")
    return int(sent) if is_id(sent) else None
