"""Tasks that another system posts: the rows of an import, without a file.

They are checked as the cells of an import are, and written by the same statements. A task is known
by its reference: posted again with the same contents nothing changes, with others it is changed
while nobody has begun it, and skipped after that. It is all of them or, with any fault, none.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from unicodedata import normalize

from django.db import IntegrityError, connection
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc import permissions
from qc.core import wording
from qc.core.exceptions import InvalidFields, InvalidInput
from qc.core.localization import for_the_record
from qc.core.transactions import retrying
from qc.imports import writer
from qc.imports.columns import COLUMNS
from qc.imports.planner import ParsedRow, Plan
from qc.imports.validation import Checker, text_of
from qc.imports.writer import Origin
from qc.models import Task, User
from qc.tables.cells import UNPRINTABLE, Fault, stripped
from qc.tables.formats import MOST_COLUMNS, MOST_IN_CELL, Row
from qc.work import actions, search

DETAILS = "details"
FIELDS = (*COLUMNS, DETAILS)
# What a task is known by stays.
EDITABLE = tuple(name for name in FIELDS if name != "reference")
MOST = 1000
# Half of a character, which no database takes.
SURROGATES = re.compile("[\ud800-\udfff]")
# What may be sent as a number beside a text.
NUMBERS = frozenset({"reference", "queue", "priority", "lot_size"})

Values = dict[str, Any]


def post(objects: Sequence[Any], *, by: User, is_single: bool = False) -> Plan:
    """Create and change the tasks of these objects, at most `MOST`; return what became of each.

    Raises NotAllowed unless `by` is a manager, InvalidFields with the faults of all objects, by
    their place from 0 and the field; just by the field where `is_single`.
    """
    permissions.check_manager(by)
    if not 1 <= len(objects) <= MOST:
        raise InvalidInput("tasks", _("Send from 1 to %d tasks.") % MOST)
    rows = _checked(objects, is_single)
    last = Task.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    planned = _written(rows, by)
    queues = {row.values["queue"].pk for row in planned.new}
    actions.hand_out_from(queues | {row.task.queue_id for row in planned.changed})
    if planned.new:
        search.fill_new(last)
    return planned


def cleaned(changes: Any) -> Values:
    """Return the values that a task gets by changes of its `EDITABLE`. Raises InvalidFields."""
    values, faults = _Cleaner().check(changes, 0, is_new=False)
    errors = {fault.column or "changes": fault.message for fault in faults}
    for name in {"priority", "due_at"} & values.keys():
        if values[name] is None:
            errors[name] = _("This must not be empty.")
    if errors:
        raise InvalidFields(errors)
    return values


def _written(rows: list[ParsedRow], by: User) -> Plan:
    try:
        return _write(rows, by)
    except IntegrityError:
        if connection.in_atomic_block:
            raise
        # Somebody else has posted the same references meanwhile; now they exist.
        return _write(rows, by)


@retrying
def _write(rows: list[ParsedRow], by: User) -> Plan:
    with for_the_record():
        reason = pgettext("a task", "posted by a program")
    return writer.write_rows(rows, Origin(new="", changed="", reason=reason), by=by)


def _checked(objects: Sequence[Any], is_single: bool) -> list[ParsedRow]:
    cleaner, rows, errors = _Cleaner(), [], {}
    for at, sent in enumerate(objects):
        values, faults = cleaner.check(sent, at)
        rows.append(ParsedRow(at, values))
        for fault in faults:
            errors[_named(fault, is_single)] = fault.message
    references = {row.number: row.values["reference"] for row in rows if "reference" in row.values}
    for at, fault in cleaner.duplicates(references).items():
        errors.setdefault(f"{at}.{fault.column}", fault.message)
    if errors:
        raise InvalidFields(errors)
    return rows


def _named(fault: Fault, is_single: bool) -> str:
    """Return the name of an error: of the field, with the place of its object in a list."""
    if is_single:
        return fault.column or "task"
    return f"{fault.row}.{fault.column}" if fault.column else str(fault.row)


class _Cleaner:
    """Checks objects as the rows of a table whose columns are all of ours."""

    def __init__(self) -> None:
        self.checker = Checker(COLUMNS)
        self.names = {queue.pk: queue.name for queue in self.checker.queues.values()}
        self.duplicates = self.checker.duplicates

    def check(self, sent: Any, at: int, *, is_new: bool = True) -> tuple[Values, list[Fault]]:
        """Return the values of an object's fields, and its faults.

        Fields that it does not have are missing, unless a new task needs them.
        """
        if not isinstance(sent, Mapping):
            return {}, [Fault(at, "", "", _("Send an object."))]
        faults = list(_unfit(sent, at, FIELDS if is_new else EDITABLE))
        if faults:
            return {}, faults
        wanted = [name for name in COLUMNS if is_new or name in sent]
        cells = [self._cell(name, sent.get(name)) if name in wanted else "" for name in COLUMNS]
        values, faults = self.checker.check(Row(at, cells))
        faults = [fault for fault in faults if fault.column in wanted]
        values = {name: values[name] for name in wanted if name in values and name in sent}
        if DETAILS in sent:
            values[DETAILS] = _details(sent[DETAILS])
        return values, faults

    def _cell(self, name: str, value: Any) -> str:
        """Return a value as the cell that an import would read."""
        if name == "queue" and isinstance(value, int):
            return self.names.get(value, str(value))
        return "" if value is None else str(value)


def _unfit(sent: Mapping[str, Any], at: int, allowed: Sequence[str]) -> Iterator[Fault]:
    """Yield the faults of what is no value of a field, whatever it says."""
    for name, value in sent.items():
        message = _refusal(str(name), value)
        if name not in allowed:
            message = wording.no_such_field(allowed)
        if message:
            yield Fault(at, str(name), "", message)


def _refusal(name: str, value: Any) -> str:
    if name == DETAILS:
        return _refusal_of_details(value)
    is_number = name in NUMBERS and isinstance(value, int) and not isinstance(value, bool)
    if not (value is None or is_number or isinstance(value, str)):
        if name in NUMBERS:
            return _("This must be a text or a whole number.")
        return _("This must be a text.")
    if name == "due_at" and value and _moment(value) is None:
        return _("Send a moment with its time zone, such as 2026-11-30T14:30:00Z.")
    return _refusal_of_text(str(value or ""))


def _refusal_of_details(value: Any) -> str:
    if not isinstance(value, Mapping):
        return _("Send an object.")
    if len(value) > MOST_COLUMNS:
        return _("These are more than %d.") % MOST_COLUMNS
    texts = [*map(str, value), *map(text_of, value.values())]
    return next(filter(None, map(_refusal_of_text, texts)), "")


def _refusal_of_text(text: str) -> str:
    if len(text) > MOST_IN_CELL:
        return _("This is longer than %d characters.") % MOST_IN_CELL
    if UNPRINTABLE.search(text) or SURROGATES.search(text):
        return _("It has characters that can't be displayed. Please remove them.")
    return ""


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _details(sent: Mapping[str, Any]) -> dict[str, str]:
    """Return the sender's own fields that are filled, as the texts that an import would keep."""
    texts = {_plain(name): _plain(text_of(value)) for name, value in sent.items()}
    return {name: text for name, text in texts.items() if name and text}


def _plain(text: str) -> str:
    return normalize("NFC", stripped(text.replace("\r\n", "\n")))
