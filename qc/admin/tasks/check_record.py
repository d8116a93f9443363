"""What a task's page and its printed record show of its check: all that is in its findings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qc.admin.shared import labels
from qc.checks import findings
from qc.checks.findings import FoundAnswer
from qc.core.localization import number
from qc.models import DefectCode, Evidence, Severity, Status, Task, Verdict

VERDICTS = {Verdict.OK: "success", Verdict.NOT_OK: "danger"}
SEVERITIES = {Severity.CRITICAL: "danger", Severity.MAJOR: "warning"}


@dataclass(frozen=True)
class AnswerLine:
    """An answer as it is shown."""

    answer: FoundAnswer

    @property
    def verdict(self) -> SafeString:
        """The verdict as a coloured label; "" where nothing says what is right."""
        verdict = self.answer.verdict
        return _label(verdict.label, VERDICTS.get(verdict, "")) if verdict else SafeString("")


@dataclass(frozen=True)
class DefectLine:
    """A defect as it is shown."""

    code: str
    name: str
    severity: SafeString
    quantity: str
    where: str
    note: str


@dataclass(frozen=True)
class FileLine:
    """A file as it is shown; `thumbnail` and `address` are "" where there is none to see."""

    name: str
    sha256: str
    where: str
    who: str
    when: Any
    address: str
    thumbnail: str


@dataclass(frozen=True)
class CheckRecord:
    """The check of a completed task."""

    task: Task

    @property
    def found(self) -> Mapping[str, Any]:
        """The findings."""
        return self.task.findings or {}

    @property
    def is_there(self) -> bool:
        """Whether there is anything to show."""
        is_checked = self.task.findings or self.task.plan_id or self.task.inspected is not None
        return self.task.status == Status.COMPLETED and bool(is_checked)

    @property
    def plan(self) -> str:
        """The version of the plan that it was checked by."""
        if self.task.plan is None:
            return _("without a check plan")
        return _("check plan version %(number)d") % {"number": self.task.plan.number}

    @cached_property
    def answers(self) -> list[FoundAnswer]:
        """The answers in the order of the plan."""
        return findings.answers(self.found, self.task.plan_id)

    @property
    def sections(self) -> dict[str, list[AnswerLine]]:
        """The answers by the sections of the plan."""
        sections: dict[str, list[AnswerLine]] = {}
        for one in self.answers:
            sections.setdefault(one.item.section, []).append(AnswerLine(one))
        return sections

    @property
    def score(self) -> str:
        """The score; "" where the outcome does not follow from one."""
        return findings.percent(self.found["score"]) if "score" in self.found else ""

    @property
    def quantities(self) -> list[tuple[str, str]]:
        """The quantities that were counted, by their names."""
        names = ("lot_size", "inspected", "rejected")
        values = [(name, getattr(self.task, name)) for name in names]
        return [(_title(name), number(n)) for name, n in values if n is not None]

    @cached_property
    def defects(self) -> list[DefectLine]:
        """The defects with the names of their codes."""
        found = self.found.get("defects", [])
        codes = DefectCode.objects.filter(code__in=[one["code"] for one in found]) if found else ()
        names = {one.code: one.local_name for one in codes}
        return [self._defect(one, names.get(one["code"], "")) for one in found]

    @cached_property
    def files(self) -> list[FileLine]:
        """The files that were there when it was completed."""
        found = self.found.get("files", [])
        stored = _stored(one["id"] for one in found) if found else {}
        return [self._file(one, stored.get(one["id"])) for one in found]

    def _defect(self, defect: Mapping[str, Any], name: str) -> DefectLine:
        severity = Severity(defect["severity"])
        label = _label(severity.label, SEVERITIES.get(severity, ""))
        quantity, where = number(defect["quantity"]), self._question(defect.get("item", ""))
        return DefectLine(defect["code"], name, label, quantity, where, defect.get("note", ""))

    def _file(self, file: Mapping[str, Any], stored: Evidence | None) -> FileLine:
        where = self._question(file.get("item", "")) or file.get("defect", "")
        is_kept = stored is not None and stored.removed_at is None
        address = _address("evidence_file", file["id"]) if is_kept else ""
        has_thumbnail = is_kept and stored is not None and stored.thumbnail
        return FileLine(
            file["name"],
            file["sha256"],
            where,
            str(stored.added_by) if stored else "",
            stored and stored.added_at,
            address,
            _address("evidence_thumbnail", file["id"]) if has_thumbnail else "",
        )

    def _question(self, key: str) -> str:
        """Return the question of an item, the key itself where the plan does not have it."""
        return next((one.item.question for one in self.answers if one.item.key == key), key)


def _stored(ids: Iterable[int]) -> dict[int, Evidence]:
    return Evidence.objects.select_related("added_by").in_bulk(list(ids))


def _label(text: object, variant: str) -> SafeString:
    return labels.label(text, variant)


def _title(name: str) -> str:
    field: Any = Task._meta.get_field(name)
    return str(field.verbose_name).capitalize()


def _address(view: str, pk: int) -> str:
    try:
        return reverse(f"admin:{view}", args=[pk])
    except NoReverseMatch:
        return ""
