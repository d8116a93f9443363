"""Humans who work with the page *My work*."""

import time
from collections.abc import Callable
from typing import Any

from qc.management.simulation.human.browser import Browser
from qc.management.simulation.human.notebook import Piece
from qc.management.simulation.human.panel import Panel
from qc.management.simulation.human.person import LOOK_SECONDS, SECOND_THOUGHT, Human
from qc.management.simulation.ledger import Ledger

# So long a task must be visible before it counts as opened: as the page's script has it.
OPEN_SECONDS = 3.0


class AtPage(Human):
    """Opens or scans tasks, types, completes; with lunches, locked tablets and lost lines."""

    plan = (
        "plain task",
        "lunch",
        "locked tablet",
        "undo",
        "scan",
        "lost line",
        "double press",
    )

    def __init__(self, browser: Browser, *args: Any) -> None:
        super().__init__(*args)
        self.browser = browser
        self.pieces: dict[int, Piece] = {}

    @property
    def ledger(self) -> Ledger:
        """Where requests and completions are noted."""
        return self.browser.ledger

    def sign_in(self) -> None:
        """Sign in with the form."""
        self.browser.sign_in(self.account.username, self.account.password)

    def work(self) -> None:
        """Do the task in front, or wait for one."""
        panel = self.browser.look(is_active=True)
        if panel.is_away:
            self.complain("was signed out or put on break while at work")
            self.browser.come_back()
        elif piece := panel.piece():
            self.handle(piece, self.next_incident())
        else:
            self.pause(LOOK_SECONDS)

    def handle(self, piece: Piece, incident: str) -> None:
        """Do a task from the first look to its completion, and what happens meanwhile."""
        takes = self.handling()
        self.begin(piece, incident)
        self.decide(piece, self.browser.panel.sheet)
        MEANWHILE.get(incident, AtPage.type_notes)(self, piece)
        self.stay(piece, takes - piece.seconds)
        if self.over.is_set():
            return
        self.complete(piece, is_twice=incident == "double press")
        AFTERWARDS.get(incident, AtPage.go_on)(self, piece)
        self.happened(incident)

    def begin(self, piece: Piece, incident: str) -> None:
        """Start a task by scanning its label, or by looking at it for some seconds."""
        if incident == "scan" or self.browser.panel.waits_for_scan:
            self.pause(1)
            piece.begun = time.monotonic()
            self.expect(piece, self.browser.scan(piece.reference))
        else:
            self.pause(OPEN_SECONDS - piece.seconds)
            self.expect(piece, self.browser.press("open", piece.task))

    def type_notes(self, piece: Piece) -> None:
        """Type the notes; the page saves them now and then."""
        for part in (piece.notes[: len(piece.notes) // 2], piece.notes):
            self.pause(0.7)
            self.save_draft(piece, part)

    def save_draft(self, piece: Piece, notes: str) -> None:
        """Let the page save what is typed and answered so far."""
        self.browser.save_draft(piece.task, notes, self.browser.answers(piece.check))

    def lock_tablet(self, piece: Piece) -> None:
        """Type, lock the tablet, and come back when the site takes one for gone."""
        self.type_notes(piece)
        self.pause(self.pace.away)
        self.return_to(piece)

    def lose_line(self, piece: Piece) -> None:
        """Type while nothing can be sent; the notes are sent when the line is back."""
        self.save_draft(piece, piece.notes[:5])
        self.pause(self.pace.away)
        self.save_draft(piece, piece.notes)
        self.return_to(piece)

    def return_to(self, piece: Piece) -> None:
        """Go on after an absence: the task must still be there."""
        if self.browser.look(is_active=True).is_away:
            self.browser.come_back()
        self.expect(piece, self.browser.panel)

    def stay(self, piece: Piece, seconds: float) -> None:
        """Go on with the task; the page asks now and then whether anything is new."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.over.is_set():
            self.pause(min(LOOK_SECONDS, left))
            is_active = self.dice.random() < 0.5
            self.expect(piece, self.browser.look(is_active=is_active))

    def complete(self, piece: Piece, *, is_twice: bool = False) -> None:
        """Complete the task, with a nervous finger if `is_twice`."""
        seconds, press = piece.seconds, self.browser.press
        if is_twice:
            press = self.browser.press_twice
        self.browser.send_photos(piece.task, piece.check.photos)
        form = {"outcome": piece.outcome, "notes": piece.notes}
        form |= {"version": self.browser.panel.version, **self.browser.answers(piece.check)}
        panel = press("complete", piece.task, **form)
        if not panel.says_completed(piece.task):
            self.complain(f"could not complete {piece.reference}")
            return
        self.pieces[piece.task] = piece
        self.completed(piece, seconds)

    def go_on(self, piece: Piece) -> None:
        """Do nothing further about a completed task."""

    def think_again(self, piece: Piece) -> None:
        """Undo the completion, find the notes there, and complete it again."""
        self.pause(SECOND_THOUGHT)
        panel = self.browser.press("undo", piece.task)
        self.expect(piece, panel)
        if panel.notes.strip() != piece.notes:
            self.complain(f"undid {piece.reference}, and the notes were lost")
        self.pause(SECOND_THOUGHT)
        self.complete(piece)

    def have_lunch(self, piece: Piece) -> None:
        """Take a break with the next task in hand, and find it there afterwards."""
        held = set(self.browser.look(is_active=True).held)
        self.browser.take_break("Lunch")
        self.pause(self.pace.lunch)
        panel = self.browser.come_back()
        if not self.over.is_set() and held - set(panel.held):
            self.complain("lost a task over lunch")

    def expect(self, piece: Piece, panel: Panel) -> None:
        """Complain unless the task is still in this person's hands."""
        if piece.task not in panel.held or panel.is_away:
            self.complain(f"lost {piece.reference} while working on it")

    def go_home(self) -> None:
        """Ask how long each task took by QC Desk's clock, and sign out."""
        for piece in self.pieces.values():
            task = self.browser.receipt(piece.task, piece.outcome, piece.notes)
            self.reported(task, piece)
        self.browser.sign_out()


Happening = Callable[[AtPage, Piece], None]
MEANWHILE: dict[str, Happening] = {
    "locked tablet": AtPage.lock_tablet,
    "lost line": AtPage.lose_line,
}
AFTERWARDS: dict[str, Happening] = {"undo": AtPage.think_again, "lunch": AtPage.have_lunch}
