"""What all humans of a shift have in common: a thread each, an account, a pace and a plan."""

import random
import threading
from datetime import datetime
from typing import Any, ClassVar

import requests

from docs.qc_desk_client import Refused
from qc.management.simulation.checks import FAILED, Sheet, filled
from qc.management.simulation.human.notebook import Notebook, Piece
from qc.management.simulation.human.pace import Pace
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.person import OUTCOMES, Account

LOOK_SECONDS = 2.0
# A second thought comes soon after completing.
SECOND_THOUGHT = 1.5


class Human(threading.Thread):
    """Signs in, works on one task after the other, and signs out when the shift is over.

    `plan` names what happens to whoever begins the next task, in turn; then it begins anew.
    """

    plan: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        account: Account,
        notebook: Notebook,
        pace: Pace,
        over: threading.Event,
        dice: random.Random,
    ) -> None:
        super().__init__(name=account.username, daemon=True)
        self.account, self.notebook, self.pace = account, notebook, pace
        self.over, self.dice = over, dice

    @property
    def ledger(self) -> Ledger:
        """Where requests and completions are noted."""
        raise NotImplementedError

    def run(self) -> None:
        """Play the shift; a refusal, or no answer that can be understood, ends it."""
        try:
            self.play()
        except Refused as refusal:
            self.complain(f"was refused: {refusal}")
        except (requests.RequestException, KeyError, ValueError) as error:
            self.complain(f"got no answer that makes sense: {error!r}")

    def play(self) -> None:
        """Sign in, work, and go home when the shift is over."""
        self.sign_in()
        while not self.over.is_set():
            self.work()
        self.go_home()

    def sign_in(self) -> None:
        """Sign in."""
        raise NotImplementedError

    def work(self) -> None:
        """Do the task in front, or wait for one."""
        raise NotImplementedError

    def go_home(self) -> None:
        """Sign out."""
        raise NotImplementedError

    def next_incident(self) -> str:
        """Return what happens at the next task."""
        return self.plan[self.notebook.turn(self.plan) % len(self.plan)]

    def happened(self, incident: str) -> None:
        """Note that this was played, unless the shift was over before."""
        if not self.over.is_set():
            self.notebook.count(incident)

    def decide(self, piece: Piece, sheet: Sheet) -> None:
        """Decide how the task is, what to answer of its check and what to note."""
        outcome, why = self.dice.choice(OUTCOMES)
        piece.check = filled(sheet, outcome == FAILED, self.dice)
        piece.notes = f"{why} Checked {piece.reference}.".strip()

    def handling(self) -> float:
        """Return how long the next task takes."""
        return self.dice.uniform(0.75, 1.25) * self.pace.handling

    def completed(self, piece: Piece, seconds: float) -> None:
        """Note a completion, and how long the task took by this person's own clock."""
        self.ledger.completed(piece.task, self.name)
        self.notebook.seconds[self.name, piece.task] = seconds

    def reported(self, task: dict[str, Any], piece: Piece) -> None:
        """Note what QC Desk says of a completed task."""
        begun, ended = (datetime.fromisoformat(task[at]) for at in ("started_at", "completed_at"))
        self.notebook.reported[self.name, task["id"]] = (ended - begun).total_seconds()
        if (task["outcome"], task["notes"]) != (piece.outcome, piece.notes):
            self.complain(f"completed {piece.reference}, but its outcome or notes are others")

    def complain(self, what: str) -> None:
        """Note what must not happen to somebody at work."""
        self.notebook.complain(self.name, what)

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, or until the shift is over."""
        self.over.wait(max(0, seconds))
