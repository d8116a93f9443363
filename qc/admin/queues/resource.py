"""Queues as rows of a file: names, target and what else their page has, but not their people.

Who is on a queue stands in the list of people.
"""

import re
from datetime import timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from import_export.widgets import Widget

from qc import history
from qc.admin.shared.base import after_commit, keep_others
from qc.admin.shared.duration_field import UNITS, DurationField, duration_in_units
from qc.admin.shared.file_cells import BETWEEN, ChoiceWidget, YesNoWidget, parts
from qc.admin.shared.list_resource import Column, ListResource
from qc.core.localization import for_the_record
from qc.models import Queue, Reinspector, Task
from qc.models.queues import folded
from qc.work import actions as work
from qc.work import lost_access

# What else lists call the columns.
HEADINGS = {
    "queue": "name",
    "warteschlange": "name",
    "aliases": "other_names",
    "weitere namen": "other_names",
}
UNIT_WORDS = {
    "minutes": ("m", "min", "min.", "minute", "minutes", "minuten"),
    "hours": ("h", "std", "std.", "hour", "hours", "stunde", "stunden"),
    "days": ("d", "t", "day", "days", "tag", "tage", "tagen"),
}
NUMBER_AND_UNIT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d]+\.?)")


class LinesWidget(Widget):
    """Lines of a text, with ; between them."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> str:
        """Return each line once."""
        return "\n".join(dict.fromkeys(parts(value)))

    def render(self, value: str, obj: Any = None, **kwargs: Any) -> str:
        """Return the lines in one cell."""
        return f"{BETWEEN} ".join(value.splitlines())


class DurationWidget(Widget):
    """A number and a unit, such as "4 hours"; a number alone would be one of anything."""

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> timedelta:
        """Return the duration. Raises ValueError."""
        found = NUMBER_AND_UNIT.fullmatch(value.casefold())
        for unit, words in UNIT_WORDS.items():
            if found and found[2] in words:
                number = float(found[1].replace(",", "."))
                return self._times(number, unit)
        raise ValueError(_("Write a number and a unit, such as 90 minutes, not “%s”.") % value)

    def render(self, value: timedelta | None, obj: Any = None, **kwargs: Any) -> str:
        """Return it in words."""
        return duration_in_units(value) if value else ""

    def _times(self, number: float, unit: str) -> timedelta:
        try:
            return UNITS[unit] * number
        except OverflowError:
            return timedelta.max


class OptionalColumn(Column):
    """A column that may hold nothing at all."""

    def empty(self) -> None:
        """Return None."""
        return


class ReworkWidget(Widget):
    """The queue that reworks go to, by its name."""

    def __init__(self) -> None:
        super().__init__()
        # Read once for each import.
        self.named: dict[str, Queue] = {}

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Queue:
        """Return the queue, known by each of its names. Raises ValueError."""
        queue = self.named.get(value) or self.named.get(folded(value))
        if queue is None or queue.is_closed:
            raise ValueError(_("There is no open queue “%s”.") % value)
        return queue


class QueueResource(ListResource):
    """Adds queues and changes them, as their page would; each leaves a row of history."""

    name = Column("name", "name", Widget())
    other_names = Column("aliases", "other_names", LinesWidget(), may_be_empty=True)
    description = Column("description", "description", Widget(), may_be_empty=True)
    target = Column("target", "target", DurationWidget())
    open_to_all = Column("open_to_all", "open_to_all", YesNoWidget())
    scan_to_start = Column("scan_to_start", "scan_to_start", YesNoWidget())
    silent_after = Column("silent_after", "silent_after", DurationWidget())
    correct_within = OptionalColumn(
        "correct_within", "correct_within", DurationWidget(), may_be_empty=True
    )
    reasons = Column("hand_back_reasons", "hand_back_reasons", LinesWidget(), may_be_empty=True)
    needs_defects = Column("needs_defects", "needs_defects", YesNoWidget())
    counts_quantities = Column("counts_quantities", "counts_quantities", YesNoWidget())
    rework_queue = OptionalColumn("rework_queue", "rework_queue", ReworkWidget(), may_be_empty=True)
    reinspected_by = Column("reinspected_by", "reinspected_by", ChoiceWidget(Reinspector.choices))
    keep_files_for = OptionalColumn(
        "keep_files_for", "keep_files_for", DurationWidget(), may_be_empty=True
    )

    headings = HEADINGS
    key = "name"

    class Meta:
        model = Queue
        fields = import_order = export_order = (
            *("name", "other_names", "description", "target", "open_to_all", "scan_to_start"),
            *("silent_after", "correct_within", "reasons", "needs_defects", "counts_quantities"),
            *("rework_queue", "reinspected_by", "keep_files_for"),
        )
        import_id_fields: ClassVar = ["name"]
        use_transactions = True
        report_skipped = True

    def __init__(self, by: Any = None, **kwargs: Any) -> None:
        super().__init__(by, **kwargs)
        self.named: dict[str, Queue] = {}
        self.returned: list[Task] = []

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Lock the queues, and read what all rows need."""
        super().before_import(dataset, **kwargs)
        locked = Queue.objects.select_for_update().order_by("pk")
        self.named = locked.by_name()
        self.fields["rework_queue"].widget.named = self.named

    def normal(self, key: str) -> str:
        """Return a name without what makes no difference."""
        return folded(key)

    def find(self, key: str) -> Queue | None:
        """Return the queue of a name, also of another one that it has."""
        return self.named.get(key) or self.named.get(folded(key))

    def new(self, key: str) -> Queue:
        """Return a new queue."""
        return Queue(name=key)

    def take(self, instance: Queue, column: str, value: Any) -> None:
        """Refuse changes of a closed queue, odd durations, and names that another one has."""
        if instance.is_closed:
            raise ValueError(_("%(queue)s is closed.") % {"queue": instance})
        if isinstance(value, timedelta):
            DurationField.check(value)
        for name in value.splitlines() if column == "other_names" else ():
            other = self.find(name)
            if other is not None and other.pk != instance.pk:
                text = _("The queue %(queue)s is called “%(name)s” already. Remove it there first.")
                raise ValueError(text % {"queue": other, "name": name})

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Save the columns with the row of history; return what people may not work on any more."""
        columns = self.changed_columns(instance)
        holders = set() if is_create else lost_access.holders_of(instance.pk)
        if not is_create:
            keep_others(instance, columns)
        with history.without_history(instance):
            instance.save(update_fields=None if is_create else columns)
        reason = _reason(kwargs.get("file_name") or "")
        history.record_many([instance], kind="", by=self.by, reasons=[reason], created=is_create)
        self.named |= {folded(name): instance for name in (instance.name, *instance.other_names)}
        back = lost_access.return_from_queue(instance.pk, holders, by=self.by)
        self.returned += [task for tasks in back.values() for task in tasks]
        after_commit(work.hand_out_from, [instance.pk])
        for person in back:
            after_commit(work.hand_out_to, person)

    def save_m2m(self, instance: Any, row: Any, **kwargs: Any) -> None:
        """Do nothing: who is on a queue stands in the list of people."""

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Say what went back."""
        super().after_import(dataset, result, **kwargs)
        result.returned = self.returned


@for_the_record()
def _reason(file_name: str) -> str:
    return _("Imported from %(file)s") % {"file": file_name}
