"""`manage.py check_invariants`: proves that nothing is lost, doubled or unrecorded."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import invariants


class Command(BaseCommand):
    """Prints what is broken, by reference, and exits 1 if anything is."""

    help = "Checks the invariants on the live database; exits 1 if any is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run all checks, and print each sentence as it is found."""
        broken = 0
        for sentence in invariants.broken():
            self.stdout.write(self.style.ERROR(sentence))
            broken += 1
        if broken:
            raise CommandError(f"{broken} broken.")
        self.stdout.write(self.style.SUCCESS("All invariants hold."))
