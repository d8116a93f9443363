"""`manage.py export_seals`: sealed rows with their seals, to be verified without QC Desk."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit.seals import proofs
from qc.core.canonical_json import canonical
from qc.management.seal_range import add_range, seals_in_range


class Command(BaseCommand):
    """Writes a line of JSON for each seal with its rows; verify_audit.py verifies them."""

    help = "Exports sealed history with its seals; verify_audit.py verifies it anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the file, and a range of seals."""
        parser.add_argument("file", type=Path)
        add_range(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        first, last = seals_in_range(options)
        try:
            with options["file"].open("w", encoding="utf-8") as file:
                lines = (f"{canonical(one)}\n" for one in proofs.seals_with_rows(first, last))
                file.writelines(lines)
        except OSError as error:
            raise CommandError(str(error)) from error
