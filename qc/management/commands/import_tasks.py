"""`manage.py import_tasks FILE`: imports a file of tasks, as the pages do."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from qc import imports
from qc.core.exceptions import QCError
from qc.imports import answers, options, runner
from qc.imports.choices import open_choices
from qc.imports.notes import notes
from qc.management.reading_options import add_reading
from qc.models import Import, ImportState, User
from qc.models.imports import COUNTS

SUCCEEDED = (ImportState.DONE, ImportState.READY)
REFUSED, UNDECIDED = 1, 2


class Command(BaseCommand):
    """Prints counts and faults; exits 1 if any row is refused, 2 if something must be chosen."""

    help = "Imports tasks from a CSV, XLSX or JSON file; all of them or, with any fault, none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, how to import it, and how to read it."""
        parser.add_argument("file", type=Path)
        add = parser.add_argument
        add("--only-good", action="store_true", help="import the valid rows, skip the refused ones")
        add("--dry-run", action="store_true", help="show the result without importing")
        add("--by", metavar="USERNAME", help="the manager who imports")
        add("--json", action="store_true", help="print the result as one JSON object")
        add_reading(parser)

    def handle(self, *args: Any, **chosen: Any) -> None:
        """Import the file."""
        try:
            record = _imported(chosen)
        except (OSError, QCError) as error:
            if chosen["json"]:
                self._print_json(answers.of_unread(str(error)))
            raise CommandError(str(error)) from error
        if chosen["json"]:
            self._print_json(answers.as_json(record, in_shell=True))
        else:
            self._print(record)
        if code := _code(record):
            message = record.error or f"Import {record.pk}: {record.get_state_display()}."
            raise CommandError(message, returncode=code)

    def _print_json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, cls=DjangoJSONEncoder, ensure_ascii=False))

    def _print(self, record: Import) -> None:
        for fault in imports.faults(record):
            self.stdout.write(f"row {fault.row}, {fault.column}: {fault.value!r}: {fault.message}")
        for choice in open_choices(record) if answers.needs_choice(record) else ():
            answer = options.answer_of(choice, in_shell=True)
            self.stdout.write(f"{choice.question} {answer}")
            for one in choice.options:
                shown = one.value if one.value == one.label else f"{one.value}: {one.label}"
                self.stdout.write(f"  {shown}")
        for note in notes(record):
            self.stdout.write(note)
        counts = ", ".join(f"{getattr(record, name)} {_label(name)}" for name in COUNTS)
        would = "" if record.last_history else ", would be"
        self.stdout.write(f"Import {record.pk}, {record.get_state_display()}{would}: {counts}.")


def _imported(chosen: dict[str, Any]) -> Import:
    """Import the file as chosen. Raises OSError and QCError."""
    how = options.reading_of(chosen)
    with chosen["file"].open("rb") as file:
        return runner.import_file(
            file,
            chosen["file"].name,
            by=_manager(chosen["by"]),
            chosen=how,
            only_good=chosen["only_good"],
            dry_run=chosen["dry_run"],
        )


def _code(record: Import) -> int:
    if answers.needs_choice(record):
        return UNDECIDED
    return 0 if record.state in SUCCEEDED and not record.refused else REFUSED


def _label(count: str) -> str:
    return str(Import._meta.get_field(count).verbose_name)  # type: ignore[union-attr]


def _manager(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user
