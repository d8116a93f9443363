"""`manage.py check_invariants`: proves that nothing is lost, doubled or unrecorded."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import invariants


class Command(BaseCommand):
    """Prints what is broken, by reference, and exits 1 if anything is."""

    help = "Checks the invariants on the live database; exits 1 if any is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run all checks."""
        found = 0
        for sentence in invariants.broken():
            self.stdout.write(self.style.ERROR(sentence))
            found += 1
        if found:
            raise CommandError(f"{found} broken.")
        self.stdout.write(self.style.SUCCESS("All invariants hold."))
