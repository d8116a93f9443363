"""`manage.py simulate_shift`: simulates QC persons through the HTTP API of a running QC Desk."""

import time
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qc.management.simulation.client import Refused
from qc.management.simulation.person import Account, Person
from qc.management.simulation.shift import VANISHES_EACH, Shift

REPORT_SECONDS = 10


class Command(BaseCommand):
    """Lets people sign in, work, take breaks and vanish; ends with a summary."""

    help = (
        "Plays QC persons who sign in, work, take breaks and vanish, through the HTTP API. Ends "
        "with a summary; exits 1 if a task was completed twice or lost, or the server failed."
    )
    # The command uses the HTTP API only.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who plays, how long, and where."""
        parser.add_argument("--people", type=int, default=8, help="how many (8)")
        parser.add_argument("--minutes", type=float, default=1, help="how long (1)")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where QC Desk answers")
        parser.add_argument("--handling", type=float, default=2, help="seconds for a task (2)")
        parser.add_argument(
            "--prefix", default="qc", help="beginning of the user names: qc1, qc2 … (qc)"
        )
        parser.add_argument("--password", default="demo", help="the password of each (demo)")
        parser.add_argument("--seed", type=int, help="repeats a run with the same random choices")

    def handle(self, *args: Any, **options: Any) -> None:
        """Play the shift; Ctrl-C ends it earlier."""
        shift = Shift(options["url"], accounts(options), options["seed"])
        try:
            people = shift.begin()
        except Refused as refusal:
            raise CommandError(f"{shift.accounts[0].username} can't sign in: {refusal}") from None
        except requests.RequestException as error:
            raise CommandError(f"{shift.url} does not answer: {error}") from None
        self.wait(shift, people, 60 * options["minutes"])
        shift.end(people)
        self.stdout.write(summary(shift))
        if shift.went_wrong:
            raise CommandError("Something went wrong: see above.")

    def wait(self, shift: Shift, people: list[Person], seconds: float) -> None:
        """Print the progress now and then, until the time is over or nobody is left."""
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and any(person.is_alive() for person in people):
                shift.over.wait(min(REPORT_SECONDS, max(0, end - time.monotonic())))
                there = sum(person.is_alive() for person in people)
                self.stdout.write(
                    f"{len(shift.ledger.done)} tasks completed, {there} people signed in"
                )
        except KeyboardInterrupt:
            self.stdout.write("Everybody goes home …")


def accounts(options: dict[str, Any]) -> list[Account]:
    """Return the accounts of the simulated people; every eighth vanishes at some point."""
    return [
        Account(
            f"{options['prefix']}{number}",
            options["password"],
            options["handling"],
            vanishes=number % VANISHES_EACH == 0,
        )
        for number in range(1, options["people"] + 1)
    ]


def summary(shift: Shift) -> str:
    """Return the figures of the shift as text."""
    ledger = shift.ledger
    lines = [
        "",
        f"{len(ledger.done)} tasks completed, {len(ledger.twice)} completed twice, "
        f"{shift.lost} lost",
        f"{shift.open_before} open before, {shift.open_after} after, {shift.arrived} arrived",
        f"{ledger.breaks} breaks, {len(ledger.vanished)} vanished, {ledger.taken_away} tasks "
        f"taken away, {ledger.repeated} requests repeated",
        "",
        *(f"{name:12}{number:6} done" for name, number in ledger.per_person()),
        "",
        *(
            f"{call:14}{number:6} requests   p50 {median:6.0f} ms   p99 {slow:6.0f} ms"
            for call, number, median, slow in ledger.latencies()
        ),
    ]
    return "\n".join([*lines, *complaints(shift)])


def complaints(shift: Shift) -> list[str]:
    """Return a line for each thing that went wrong."""
    ledger = shift.ledger
    lines = [f"DONE TWICE: {what}" for what in ledger.twice]
    lines += [f"TOO MANY: {what}" for what in ledger.too_many]
    lines += [f"ERROR: {what}, {times} times" for what, times in ledger.errors.items()]
    lines += [f"DONE, BUT OPEN AGAIN: task {task}" for task in shift.came_back]
    lines += [f"Could not go on: {', '.join(who)} ({why})" for why, who in ledger.refused.items()]
    if shift.lost:
        lines.append("LOST also counts what somebody else finished, held or cancelled meanwhile.")
    return ["", *lines] if lines else []
