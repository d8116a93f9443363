"""`manage.py simulate_shift`: simulates QC persons through the HTTP API of a running QC Desk."""

import os
import time
from collections.abc import Sequence
from threading import Thread
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from docs.qc_desk_client import Refused
from qc.management.simulation import shift as brisk
from qc.management.simulation.client import Client, V1Client
from qc.management.simulation.human.pace import Pace
from qc.management.simulation.human.shift import HumanShift
from qc.management.simulation.human.summary import summary as human_summary
from qc.management.simulation.person import Account
from qc.management.simulation.shift import VANISHES_EACH, Shift

REPORT_SECONDS = 10
BRISK_SECONDS, HUMAN_SECONDS = 2, 60


class Command(BaseCommand):
    """Lets people sign in, work, take breaks and vanish; ends with a summary."""

    help = (
        "Plays QC persons who sign in, work, take breaks and vanish, through the HTTP API. With "
        "--human they use the pages too and work as humans do. Ends with a summary; exits 1 if a "
        "task was completed twice or lost, somebody at work was blamed, handling times are wrong, "
        "or the server failed."
    )
    # The command uses HTTP only.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add who plays, how long, and where."""
        parser.add_argument("--people", type=int, default=8, help="how many (8)")
        parser.add_argument("--minutes", type=float, default=1, help="how long (1)")
        parser.add_argument(
            "--url", help="where QC Desk answers (at PORT, else where make run has started it)"
        )
        parser.add_argument(
            "--handling",
            type=float,
            help=f"seconds for a task ({BRISK_SECONDS}; {HUMAN_SECONDS} with --human)",
        )
        parser.add_argument(
            "--prefix", default="qc", help="beginning of the user names: qc1, qc2 … (qc)"
        )
        parser.add_argument("--password", default="demo", help="the password of each (demo)")
        parser.add_argument("--seed", type=int, help="repeats a run with the same random choices")
        parser.add_argument(
            "--human",
            action="store_true",
            help="people open, scan and type, have lunch, lock the tablet and lose the line, and "
            "take longer than the limits of the site, QC_START_MINUTES and QC_UNSEEN_MINUTES, as "
            "they are set for this command too",
        )

        parser.add_argument(
            "--v1",
            action="store_true",
            help="people complete their tasks through /api/v1/ (without --human)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Play the shift; Ctrl-C ends it earlier."""
        shift, people = cast(options)
        try:
            shift.begin(people)
        except Refused as refusal:
            raise CommandError(f"{shift.accounts[0].username} can't sign in: {refusal}") from None
        except requests.RequestException as error:
            raise CommandError(f"{shift.url} does not answer: {error}") from None
        self.wait(shift, people, 60 * options["minutes"])
        shift.end(people)
        self.stdout.write(summary(shift))
        if shift.went_wrong:
            raise CommandError("Something went wrong: see above.")

    def wait(self, shift: Shift, people: Sequence[Thread], seconds: float) -> None:
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


def cast(options: dict[str, Any]) -> tuple[Shift, Sequence[Thread]]:
    """Return the shift to play and its people, none of whom has started yet."""
    url, seed = options["url"] or address(), options["seed"]
    if not options["human"]:
        shift = Shift(url, accounts(options, BRISK_SECONDS))
        return shift, brisk.people(shift, seed, V1Client if options["v1"] else Client)
    human_shift = HumanShift(url, accounts(options, HUMAN_SECONDS))
    start, unseen = 60 * settings.QC_START_MINUTES, 60 * settings.QC_UNSEEN_MINUTES
    pace = Pace(human_shift.accounts[0].handling, start, unseen)
    return human_shift, human_shift.people(seed, pace)


def address() -> str:
    """Return where QC Desk runs on this machine: at PORT, or where `make run` says."""
    if port := os.environ.get("PORT"):
        return f"http://127.0.0.1:{port}"
    file = settings.VAR_DIR / "address"
    return file.read_text().rstrip("/") if file.exists() else "http://127.0.0.1:8000"


def accounts(options: dict[str, Any], handling: float) -> list[Account]:
    """Return the accounts of the simulated people; every eighth brisk one vanishes at some point.

    `handling` is how many seconds a task takes them unless the options say otherwise.
    """
    return [
        Account(
            f"{options['prefix']}{number}",
            options["password"],
            options["handling"] or handling,
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
    lines += human_summary(shift) if isinstance(shift, HumanShift) else []
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
