"""`manage.py archive_history`: moves old history into files that can be verified by themselves."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from qc.audit.archive import archiver
from qc.core.exceptions import QCError


class Command(BaseCommand):
    """Writes files, verifies them, and only then deletes their rows."""

    help = "Moves history older than QC_KEEP_… say to files, which verify_audit.py verifies."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder for the files."""
        parser.add_argument("--to", type=Path, required=True, metavar="DIR", dest="folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Archive what is old enough, and print each file's name."""
        if not any(settings.QC_KEEP_DAYS.values()):
            raise CommandError("All is kept for ever: say by QC_KEEP_TASKS and such for how long.")
        try:
            for file in archiver.archive(options["folder"]):
                self.stdout.write(f"{file.rows} rows of table {file.table} are in {file} now.")
        except (QCError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS("Nothing else can be archived yet."))
