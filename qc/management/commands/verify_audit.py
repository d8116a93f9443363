"""`manage.py verify_audit`: verifies that the history is as it was sealed."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import evidence_files
from qc.audit.archive import files as archive_files
from qc.audit.seals import archived_rows, external_copies, verification_runs
from qc.audit.seals.violations import Violation
from qc.management.progress import Progress
from qc.management.seal_range import add_range, seals_in_range


class Command(BaseCommand):
    """Names each row and seal that does not fit, in order, and exits 1 if any does not."""

    help = "Verifies that the history is as it was sealed; exits 1 if any of it is not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add a range of seals, and the files that must agree with them."""
        add_range(parser)
        against, archive = "a copy kept outside", "a file of archived rows"
        parser.add_argument("--against", type=_existing, metavar="FILE", help=against)
        parser.add_argument("--files", action="store_true", help="compare all files of checks too")
        parser.add_argument("--archive", type=_existing, metavar="FILE", help=archive)

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify the seals in the range, and those in the files."""
        first, last = seals_in_range(options)
        progress = Progress(self.stdout, verification_runs.rows_between(first, last))
        found = verification_runs.run(first, last, progress.advance) if first <= last else []
        progress.end()
        if options["against"]:
            found += external_copies.compare(options["against"])
        if options["archive"]:
            found += archive_files.verify(options["archive"])
        found += self._verified_files() if options["files"] else []
        archives = archived_rows.between(first, last)
        for archive in archives:
            rows = f"{archive.rows} rows of table {archive.table}"
            seals = f"seals {archive.first_seal} to {archive.last_seal}"
            self.stdout.write(f"{rows} are in {archive} ({seals}).")
        for violation in found:
            self.stdout.write(self.style.ERROR(str(violation)))
        if found:
            raise CommandError(f"{len(found)} not as sealed; the first: {found[0]}.")
        self.stdout.write(self.style.SUCCESS(_result(progress.total, in_archives=bool(archives))))

    def _verified_files(self) -> list[Violation]:
        """Compare all files of checks with the events of their arrival."""
        progress = Progress(self.stdout, evidence_files.count_events())
        files, found = evidence_files.run(progress.advance)
        progress.end()
        self.stdout.write(f"{files} files of checks were compared.")
        return found


def _result(rows: int, *, in_archives: bool) -> str:
    """Return what was verified. Rows in archives were not: each of their files has them."""
    if in_archives:
        return f"{rows} rows were sealed. All but those in archives are as they were sealed."
    return f"{rows} rows are as they were sealed."


def _existing(name: str) -> Path:
    """Return a file's path. Raise ArgumentTypeError, before anything is read, where none is."""
    if not Path(name).is_file():
        raise ArgumentTypeError(f"there is no file {name}")
    return Path(name)
