"""Humans who work with a client of the API, and take their time."""

from typing import Any

from qc.management.simulation.client import Client
from qc.management.simulation.human.notebook import Piece
from qc.management.simulation.human.person import LOOK_SECONDS, SECOND_THOUGHT, Human
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.person import first

NOT_RESPONDING = "not responding"


class AtApi(Human):
    """Works through the four calls alone; some tasks take longer than every limit.

    One who `watches` calls the dashboard all the time, and sees what is said about the others.
    """

    plan = ("slow API client", "undo", "double press")

    def __init__(self, client: Client, watches: bool, *args: Any) -> None:
        super().__init__(*args)
        self.client, self.watches = client, watches
        self.task: dict[str, Any] | None = None
        self.piece = Piece(0, "")

    @property
    def ledger(self) -> Ledger:
        """Where requests and completions are noted."""
        return self.client.ledger

    def sign_in(self) -> None:
        """Sign in, and take what comes with the answer."""
        answer = self.client.sign_in(self.account.username, self.account.password)
        self.take(first(answer["tasks"]))

    def take(self, task: dict[str, Any] | None) -> None:
        """Take a task in hand, from the moment of the answer that shows it."""
        self.task = task
        if task:
            self.piece = Piece(task["id"], task["reference"])

    def work(self) -> None:
        """Do the task in hand, or wait for one."""
        if self.task:
            self.handle(self.task, self.next_incident())
        else:
            self.pause(LOOK_SECONDS)
            self.take(first(self.look()["tasks"]))

    def handle(self, task: dict[str, Any], incident: str) -> None:
        """Do a task, and perhaps think again about it."""
        is_slow = incident == "slow API client"
        self.decide(self.piece, self.client.sheet(task))
        self.spend(self.pace.slow if is_slow else self.handling())
        if self.over.is_set():
            return
        following = self.complete(task)
        if incident == "undo":
            following = self.think_again(task)
        elif incident == "double press":
            following = self.client.complete(task, self.piece.check, self.piece.notes)["next"]
        self.take(following)
        self.happened(incident)

    def spend(self, seconds: float) -> None:
        """Work for so long, in silence or with looks at the dashboard."""
        while (left := seconds - self.piece.seconds) > 0 and not self.over.is_set():
            self.pause(min(LOOK_SECONDS, left) if self.watches else left)
            if self.watches:
                self.look()

    def complete(self, task: dict[str, Any]) -> dict[str, Any] | None:
        """Complete a task; return the next."""
        piece = self.piece
        seconds = piece.seconds
        answer = self.client.complete(task, piece.check, piece.notes)
        self.completed(piece, seconds)
        self.reported(answer["completed"], piece)
        following: dict[str, Any] | None = answer["next"]
        return following

    def think_again(self, task: dict[str, Any]) -> dict[str, Any] | None:
        """Undo the completion, and complete the task again; return the next."""
        self.pause(SECOND_THOUGHT)
        again = self.client.undo_completion(task["id"])
        if again["draft"] != self.piece.notes:
            self.complain(f"undid {self.piece.reference}, and the notes were lost")
        self.pause(SECOND_THOUGHT)
        return self.complete(again)

    def look(self) -> dict[str, Any]:
        """Look at the dashboard, and note who is blamed; return what it says of oneself."""
        answer = self.client.dashboard()
        for person in answer["people"]:
            if person["break_reason"] == NOT_RESPONDING:
                self.notebook.complain(person["username"], "was put on break: not responding")
        me: dict[str, Any] = answer["me"]
        self.ledger.holds(self.name, len(me["tasks"]), me["capacity"])
        return me

    def go_home(self) -> None:
        """Sign out."""
        self.client.sign_out()
