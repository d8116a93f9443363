"""`manage.py import_tasks FILE`: imports a file of tasks, as the pages do."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc import imports
from qc.core.exceptions import QCError
from qc.imports import runner
from qc.models import Import, ImportState, User
from qc.models.imports import COUNTS

SUCCEEDED = (ImportState.DONE, ImportState.READY)


class Command(BaseCommand):
    """Prints counts and faults; exits 1 if the file, or any of its rows, is refused."""

    help = "Imports tasks from a CSV, XLSX or JSON file; all of them or, with any fault, none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, and how to import it."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--only-good", action="store_true", help="import the valid rows, skip the refused ones"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show the result without importing"
        )
        parser.add_argument("--by", metavar="USERNAME", help="the manager who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file."""
        try:
            with options["file"].open("rb") as file:
                record = runner.import_file(
                    file,
                    options["file"].name,
                    by=_manager(options["by"]),
                    only_good=options["only_good"],
                    dry_run=options["dry_run"],
                )
        except (OSError, QCError) as error:
            raise CommandError(str(error)) from error
        self._print(record)
        if record.state not in SUCCEEDED or record.refused:
            raise CommandError(record.error or f"Import {record.pk}: {record.get_state_display()}.")

    def _print(self, record: Import) -> None:
        for fault in imports.faults(record):
            self.stdout.write(f"row {fault.row}, {fault.column}: {fault.value!r}: {fault.message}")
        counts = ", ".join(f"{getattr(record, name)} {_label(name)}" for name in COUNTS)
        would = "" if record.last_history else ", would be"
        self.stdout.write(f"Import {record.pk}, {record.get_state_display()}{would}: {counts}.")


def _label(count: str) -> str:
    return str(Import._meta.get_field(count).verbose_name)  # type: ignore[union-attr]


def _manager(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {name!r}.")
    return user
