"""Check plans in files: a row for each item, and for each queue in the file its whole plan.

A plan in a file replaces that of its queue: its items are found by their keys, or else by their
questions, and those that the file does not have are removed. All or nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import Diff, ModelResource
from import_export.results import Result, RowResult
from tablib import Dataset

from qc.admin.check_plans.cells import Lines, Number, OneOf, Text, YesOrNo
from qc.checks import plans
from qc.checks.plan_draft import Fault, complete, faults
from qc.models import AnswerKind, CheckPlan, OutcomeRule, PlanItem, PlanVersion, Queue, User
from qc.models.queues import folded
from qc.tables.formats import BadFile

NEEDED = ("Queue", "Question", "Answer")
Row = Mapping[str, str]


@contextmanager
def _collected(errors: dict[str, Any]) -> Iterator[None]:
    """Add the errors of what is done inside to others, by field."""
    try:
        yield
    except ValidationError as error:
        error.update_error_dict(errors)


class PlanInFile:
    """The plan of a queue as a file has it."""

    def __init__(self, queue: Queue) -> None:
        found = CheckPlan.objects.filter(queue=queue).first()
        self.plan = found or CheckPlan(queue=queue)
        self.plan.queue = queue
        self.stored = list(self.plan.items.all()) if found else []
        self.items: list[PlanItem] = []
        # By the item's identity, the place of its row among the rows of the file, and the row.
        self.rows: dict[int, tuple[int, Row]] = {}
        self.settings: tuple[str, int] | None = None

    def add(self, row: Row) -> PlanItem:
        """Return the item of a row, a stored one where the row names one that no other row has."""
        item = next((one for one in self._named(row) if one not in self.items), None)
        item = item or PlanItem(key=row.get("Key", ""))
        # All share the plan of the file.
        item.plan, item.position = self.plan, len(self.items)
        self.items.append(item)
        return item

    @property
    def removed(self) -> list[PlanItem]:
        """The stored items that the file does not have."""
        return [one for one in self.stored if one not in self.items]

    def store(self) -> None:
        """Store the plan as the file has it."""
        self.plan.save()
        self.plan.items.exclude(pk__in=[one.pk for one in self.items if one.pk]).delete()
        for item in self.items:
            item.plan = self.plan
            item.save()

    def check_settings(self) -> None:
        """Raise ValidationError where the plan itself is wrong, or differs among its rows."""
        errors: dict[str, Any] = {}
        with _collected(errors):
            self.plan.clean_fields(exclude={"queue"})
        settings = (self.plan.rule, self.plan.pass_score)
        self.settings = self.settings or settings
        if settings != self.settings and not errors:
            message = _("An earlier row of this queue has another outcome, or passes from another.")
            errors["rule"] = [message]
        if errors:
            raise ValidationError({f"plan__{name}": one for name, one in errors.items()})

    def _named(self, row: Row) -> Iterator[PlanItem]:
        key, question = row.get("Key", ""), folded(row["Question"])
        return (
            one
            for one in self.stored
            if (one.key == key if key else folded(one.question) == question)
        )


class FileResult(Result):
    """The result of an import, which counts rows as the file does."""

    def __init__(self, resource: "PlanResource") -> None:
        super().__init__()
        self.resource = resource
        self.published: list[PlanVersion] = []

    def append_invalid_row(self, number: int, row: Row, validation_error: ValidationError) -> None:
        """Add a row that is refused, by its place among the rows."""
        super().append_invalid_row(self.resource.numbers[number - 1], row, validation_error)


class PlanResource(ModelResource):
    """The columns of check plans, and how they are read."""

    queue = Field("plan__queue__name", "Queue", Text())
    rule = Field("plan__rule", "Outcome", OneOf(OutcomeRule))
    pass_score = Field("plan__pass_score", "Passes from", Number(100, is_whole=True))
    section = Field("section", "Section", Text())
    question = Field("question", "Question", Text())
    kind = Field("kind", "Answer", OneOf(AnswerKind))
    options = Field("options", "Choices", Lines())
    unit = Field("unit", "Unit", Text())
    lower = Field("lower", "Lower limit", Number())
    upper = Field("upper", "Upper limit", Number())
    decimals = Field("decimals", "Decimals", Number(0, is_whole=True))
    is_required = Field("is_required", "Required", YesOrNo())
    is_critical = Field("is_critical", "Critical", YesOrNo())
    weight = Field("weight", "Weight", Number(1, is_whole=True))
    help = Field("help", "Help", Text())
    only_if = Field("only_if", "Only if", Text())
    only_if_answers = Field("only_if_answers", "Has the answer", Lines())
    key = Field("key", "Key", Text())

    class Meta:
        model = PlanItem
        fields = (
            *("queue", "rule", "pass_score", "section", "question", "kind", "options", "unit"),
            *("lower", "upper", "decimals", "is_required", "is_critical", "weight", "help"),
            *("only_if", "only_if_answers", "key"),
        )
        import_id_fields = ("queue", "question")
        use_transactions = skip_unchanged = report_skipped = True

    def __init__(self, by: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by = by
        self.numbers: list[int] = []
        self.plans: dict[int, PlanInFile] = {}

    def get_result_class(self) -> Any:
        """Return what makes the result."""
        return lambda: FileResult(self)

    def handle_import_error(self, result: Result, error: Exception, raise_errors: bool) -> None:
        """Raise what is no fault of the file's."""
        raise error

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        """Lock the queues that the file names."""
        self.numbers = dataset.numbers
        names = {folded(name) for name in dataset["Queue"]}
        named = {queue.pk: queue for name, queue in self._queues.items() if name in names}
        for pk in sorted(pk for pk, queue in named.items() if not queue.is_closed):
            plans.locked(pk, self._manager)

    def get_or_init_instance(self, instance_loader: Any, row: Row) -> tuple[PlanItem, bool]:
        """Return the item of a row, and whether it is new. Raise ValidationError if none can be."""
        queue = self._queues.get(folded(row["Queue"]))
        if queue is None:
            message = _("There is no queue “%s”.") % row["Queue"]
        elif queue.is_closed:
            message = _("%(queue)s is closed.") % {"queue": queue}
        else:
            found = self.plans.setdefault(queue.pk, PlanInFile(queue))
            item = found.add(row)
            return item, item.pk is None
        raise ValidationError({"Queue": message})

    def import_field(self, field: Any, instance: PlanItem, row: Row, **kwargs: Any) -> None:
        """Set a value of an item; its key and what is the plan's only where the row has them."""
        may_stay = field.attribute == "key" or field.attribute.startswith("plan__")
        if field.column_name != "Queue" and (row.get(field.column_name) or not may_stay):
            super().import_field(field, instance, row, **kwargs)

    def import_instance(self, instance: PlanItem, row: Row, **kwargs: Any) -> None:
        """Set the values of an item. Raise ValidationError by the headings of the columns."""
        found = self.plans[instance.plan.queue_id]
        found.rows[id(instance)] = (kwargs["row_number"], row)
        errors: dict[str, Any] = {}
        with _collected(errors):
            super().import_instance(instance, row, **kwargs)
        with _collected(errors):
            instance.clean_fields(exclude={"plan", *errors})
        with _collected(errors):
            found.check_settings()
        if errors:
            raise ValidationError({_heading(name): one for name, one in errors.items()})

    def save_instance(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: plans are stored whole, after their last row."""

    def after_import(self, dataset: Dataset, result: FileResult, **kwargs: Any) -> None:
        """Check each plan as a whole; store and publish them all if nothing is wrong."""
        for found in self.plans.values() if not _is_refused(result) else ():
            complete(found.items)
            for fault in faults(found.plan, found.items):
                self._refuse(result, found, fault)
        for found in self.plans.values() if not _is_refused(result) else ():
            for item in found.removed:
                self._show_removed(result, item)
            found.store()
            result.published.append(plans.publish(found.plan, self._manager))

    @cached_property
    def _queues(self) -> dict[str, Queue]:
        return {folded(name): one for name, one in Queue.objects.by_name().items()}

    @property
    def _manager(self) -> User:
        if self.by is None:
            raise RuntimeError("an import needs somebody who publishes")
        return self.by

    def _refuse(self, result: FileResult, found: PlanInFile, fault: Fault) -> None:
        """Add a fault of a whole plan to the row that it is about, or else to its first row."""
        place, row = found.rows[id(fault.item or found.items[0])]
        name = fault.field if fault.item else "plan__rule"
        error = ValidationError({_heading(name): fault.message})
        result.append_invalid_row(place, row, error)

    def _show_removed(self, result: FileResult, item: PlanItem) -> None:
        """Show an item that the file does not have as one that is removed."""
        row = RowResult()
        row.import_type = RowResult.IMPORT_TYPE_DELETE
        diff = Diff(self, item, new=False)
        diff.compare_with(self, None)
        row.diff = diff.as_html()
        result.append_row_result(row)
        result.increment_row_result_total(row)


def check_header(names: Sequence[str]) -> None:
    """Raise BadFile where a file has not the columns of check plans."""
    known = [str(field.column_name) for field in PlanResource().get_import_fields()]
    for name in NEEDED:
        if name not in names:
            raise BadFile(_("The column “%(name)s” is missing."), name=name)
    for name in names:
        if name not in known:
            allowed = ", ".join(known)
            message = _("There is no column “%(name)s”. There are: %(known)s.")
            raise BadFile(message, name=name, known=allowed)
        if names.count(name) > 1:
            raise BadFile(_("There are two columns “%(name)s”."), name=name)


def _heading(name: str) -> str:
    """Return the heading of the column of an attribute."""
    fields = PlanResource.fields.values()
    return next(str(one.column_name) for one in fields if one.attribute == name)


def _is_refused(result: Result) -> bool:
    return bool(result.has_errors() or result.has_validation_errors())
