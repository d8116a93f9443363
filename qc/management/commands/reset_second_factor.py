"""`manage.py reset_second_factor`: for somebody who has lost app, keys and recovery codes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import second_factors
from qc.core.exceptions import QCError
from qc.models import User


class Command(BaseCommand):
    """Removes all second factors of a person, and ends their sessions and tokens."""

    help = "Removes all second factors of a person, and ends their sessions and tokens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the person, and the reason."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="kept in the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset, and say so."""
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['username']}.")
        try:
            second_factors.reset(person.pk, by=None, reason=options["reason"])
        except QCError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS(f"The second factor of {person} is reset."))
