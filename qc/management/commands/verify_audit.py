"""`manage.py verify_audit`: proves that the history is as it was sealed."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit.archive import files as archive_files
from qc.audit.seals import archived_rows, external_copies, verification_runs
from qc.management.progress import Progress
from qc.management.seal_range import add_range, chosen


class Command(BaseCommand):
    """Names each row and seal that does not fit, the first first, and exits 1 if any does not."""

    help = "Verifies that the history is as it was sealed; exits 1 if any of it is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a range of seals, or what they must agree with."""
        add_range(parser)
        parser.add_argument("--against", type=Path, metavar="FILE", help="a copy kept outside")
        parser.add_argument("--archive", type=Path, metavar="FILE", help="a file of archived rows")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify the seals chosen, and those of the copy."""
        first, last = chosen(options)
        progress = Progress(self.stdout, verification_runs.rows_between(first, last))
        found = verification_runs.run(first, last, progress.advance) if first <= last else []
        progress.end()
        if options["against"]:
            found += external_copies.compare(options["against"])
        if options["archive"]:
            found += archive_files.verify(options["archive"])
        for one in archived_rows.between(first, last):
            seals = f"seals {one.first_seal} to {one.last_seal}"
            self.stdout.write(f"{one.rows} rows of table {one.table} are in {one} ({seals}).")
        for violation in found:
            self.stdout.write(self.style.ERROR(str(violation)))
        if found:
            raise CommandError(f"{len(found)} not as sealed; the first: {found[0]}.")
        self.stdout.write(self.style.SUCCESS(f"{progress.total} rows are as they were sealed."))
