"""What a person sees of *My work*, read from the HTML of its panel."""

import json
import re
from html.parser import HTMLParser

from qc.management.simulation.checks import Sheet
from qc.management.simulation.human.notebook import Piece
from qc.management.simulation.human.sheet_reader import SheetReader


class Panel(HTMLParser):
    """The panel that the page shows: the task in front, the tasks held, and what can be pressed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.task: int | None = None
        self.reference = ""
        self.held: list[int] = []
        self.look_again = ""
        self.buttons: set[str] = set()
        self.version = ""
        self.notes = ""
        self.in_notes = False
        self.waits_for_scan = False
        self.check = SheetReader()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read the attributes of the panel, its forms and the field of the notes."""
        attributes = {name: value or "" for name, value in attrs}
        self.check.read(tag, attributes)
        if attributes.get("id") == "my-work":
            self._head(attributes)
        if tag == "form":
            self.buttons.add(attributes.get("action", "").partition("?")[0])
        if attributes.get("id") == "pass":
            self.waits_for_scan = "disabled" in attributes
        self.in_notes = tag == "textarea" and "data-version" in attributes
        if self.in_notes:
            self.version = attributes["data-version"]

    def handle_endtag(self, tag: str) -> None:
        """Leave the notes."""
        self.in_notes = self.in_notes and tag != "textarea"

    def handle_data(self, data: str) -> None:
        """Read the notes."""
        if self.in_notes:
            self.notes += data

    @property
    def plan(self) -> str | None:
        """The id of the version of the plan that the form shows; None without a check."""
        return self.check.plan

    @property
    def sheet(self) -> Sheet:
        """What the check of the task in front asks."""
        return self.check.sheet

    @property
    def is_away(self) -> bool:
        """Whether the person is on break or signed out."""
        return any(button.endswith("/presence/back/") for button in self.buttons)

    def says_completed(self, task: int) -> bool:
        """Return whether the panel says that this task was just completed: it offers to undo it."""
        return f"/admin/my-work/{task}/undo/" in self.buttons

    def piece(self) -> Piece | None:
        """Return the task in front, as somebody takes it in hand; None if there is none."""
        return Piece(self.task, self.reference) if self.task else None

    def _head(self, attributes: dict[str, str]) -> None:
        self.task = int(attributes["data-task"]) if attributes["data-task"] else None
        if title := re.match("● (.*?) · ", attributes["data-title"]):
            self.reference = title[1]
        path, look = attributes["hx-get"], attributes.get("data-look", "")
        held = json.loads(attributes["hx-vals"])["held"]
        self.look_again = f"{path}{'&' if '?' in path else '?'}look={look}&held={held}"
        self.held = [int(task) for task in held.split(",") if task]
