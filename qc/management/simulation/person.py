"""One simulated person, in a thread of their own."""

import random
import threading
from dataclasses import dataclass
from typing import Any

import requests

from docs.qc_desk_client import Refused
from qc.management.simulation.checks import FAILED, filled
from qc.management.simulation.client import Client

OUTCOMES = [("passed", "")] * 9 + [("failed", "Does not match the drawing.")]
DOUBLE_CLICK = 0.03
BREAK = 0.04
VANISHING = 0.1
# The length of a break, in tasks.
BREAK_LENGTH = 3


@dataclass(frozen=True)
class Account:
    """Who signs in, and how long a task takes them on average, in seconds."""

    username: str
    password: str
    handling: float
    vanishes: bool


class Person(threading.Thread):
    """Signs in and works until the shift is over; some vanish before that without signing out."""

    def __init__(
        self, account: Account, client: Client, over: threading.Event, dice: random.Random
    ) -> None:
        super().__init__(name=account.username, daemon=True)
        self.account = account
        self.client, self.ledger = client, client.ledger
        self.over = over
        self.dice = dice
        self.is_gone = False

    def run(self) -> None:
        """Play a whole shift; a request that got no answer ends it for this person."""
        try:
            while not self.over.is_set() and not self.is_gone:
                self.work()
            if self.client.is_signed_in and not self.is_gone:
                self.client.sign_out()
        except Refused as refusal:
            self.ledger.refused[str(refusal)].append(self.name)
        except requests.RequestException:
            pass  # The client has noted it in the ledger.

    def work(self) -> None:
        """Sign in, and complete tasks until a break, the end of the shift, or a forced sign-out."""
        task = self.sign_in()
        while not self.over.is_set():
            try:
                task = self.finish(task) if task else self.look()
            except Refused as refusal:
                if refusal.code == requests.codes.unauthorized:
                    return
                self.ledger.count("taken_away")
                task = None
            if self.leaves():
                return

    def sign_in(self) -> dict[str, Any] | None:
        """Sign in; return the first task, if there is one."""
        answer = self.client.sign_in(self.account.username, self.account.password)
        return first(answer["tasks"])

    def look(self) -> dict[str, Any] | None:
        """Return a new task, if any."""
        me = self.client.dashboard()["me"]
        self.ledger.holds(self.name, len(me["tasks"]), me["capacity"])
        if not me["tasks"]:
            self.pause(1)
        return first(me["tasks"])

    def finish(self, task: dict[str, Any]) -> dict[str, Any] | None:
        """Work on a task and complete it, sometimes twice; return the next."""
        self.pause(self.dice.uniform(0.5, 1.5) * self.account.handling)
        outcome, notes = self.dice.choice(OUTCOMES)
        check = filled(self.client.sheet(task), outcome == FAILED, self.dice)
        answer = self.client.complete(task, check, notes)
        self.ledger.completed(answer["completed"]["id"], self.name)
        if self.dice.random() < DOUBLE_CLICK:
            answer = self.client.complete(task, check, notes)
        following: dict[str, Any] | None = answer["next"]
        return following

    def leaves(self) -> bool:
        """Perhaps go on break or vanish; return whether they did."""
        if self.account.vanishes and self.dice.random() < VANISHING:
            self.is_gone = True
            self.ledger.vanished.append(self.name)
            return True
        if self.dice.random() >= BREAK:
            return False
        self.client.sign_out()
        self.ledger.count("breaks")
        self.pause(BREAK_LENGTH * self.account.handling)
        return True

    def pause(self, seconds: float) -> None:
        """Do nothing for a while, or until the shift is over."""
        self.over.wait(seconds)


def first(tasks: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first task, if there is one."""
    return tasks[0] if tasks else None
