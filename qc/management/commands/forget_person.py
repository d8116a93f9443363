"""`manage.py forget_person`: has the names of somebody who has left removed from everything."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qc.audit import erasure, erasure_requests
from qc.core.exceptions import QCError
from qc.models import User


class Command(BaseCommand):
    """Asks to anonymise a person, or confirms what a superuser has asked for on the pages."""

    help = (
        "Anonymises a deactivated person, if a superuser asked for it a day ago; else it asks for "
        "it, and a superuser confirms it on the person's page. The console is one of the two."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the person, and the reason."""
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="kept in the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask or confirm, and say which."""
        person = User.objects.filter(username=options["username"]).first()
        if person is None:
            raise CommandError(f"There is no person {options['username']}.")
        try:
            done = _ask_or_confirm(person, options["reason"])
        except QCError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(self.style.SUCCESS(done))


def _ask_or_confirm(person: User, reason: str) -> str:
    if erasure_requests.request_of(person) is None:
        erasure_requests.make(person.pk, by=None, reason=reason)
        return f"Asked. A superuser can confirm it on the page of {person} after 24 hours."
    return f"Anonymised: {erasure.anonymise(person.pk, by=None, reason=reason)}."
