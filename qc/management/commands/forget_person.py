"""`manage.py forget_person`: removes the names of somebody who has left from everything."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import erasure
from qc.core.exceptions import QCError
from qc.models import User


class Command(BaseCommand):
    """Puts a pseudonym in place of a person's names. It can't be undone."""

    help = "Anonymises a deactivated person: removes the names from account, history and events."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the person, and the reason."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Anonymise the person, and print the pseudonym."""
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['username']}.")
        try:
            anonymised = erasure.anonymise(person.pk, by=None, reason=options["reason"])
        except QCError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS(f"Anonymised: {anonymised}."))
