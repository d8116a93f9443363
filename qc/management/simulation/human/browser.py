"""*My work* as somebody's browser calls it: forms with their token, polling, drafts."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from docs.qc_desk_client import Refused
from qc.management.simulation.checks import Filled
from qc.management.simulation.human.panel import Panel
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.line import Line, checked, send_photo

NOTHING_NEW = 204
MY_WORK = "/admin/my-work/"


class Browser:
    """One tab; its calls raise Refused, or requests' error when no answer came."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.line = Line(url, ledger)
        self.ledger = ledger
        self.panel = Panel("")
        self.drawn_for = ""

    def sign_in(self, username: str, password: str) -> Panel:
        """Sign in with the form; return what *My work* shows then."""
        self._get("/admin/login/", "sign in")
        form = {"username": username, "password": password, "next": MY_WORK}
        page = self._post("/admin/login/", "sign in", form)
        if "/login/" in page.url:
            raise Refused(page.status_code, "the sign-in form again")
        drawn_for = re.search(r'data-person="([^"]+)"', page.text)
        self.drawn_for = drawn_for[1] if drawn_for else ""
        self.panel = Panel(page.text)
        return self.panel

    def sign_out(self) -> None:
        """Sign out, also with a started task; open tasks go back to their queues."""
        page = self._post("/admin/logout/", "sign out", {})
        question = re.search(r'name="known" value="([\d,]+)"', page.text)
        if question:
            self._post("/admin/logout/", "sign out", {"known": question[1]})

    def look(self, *, is_active: bool) -> Panel:
        """Ask for the panel as the page does by itself, with or without a touch since."""
        headers = self._headers(is_active) | {"QC-Drawn-For": self.drawn_for}
        answer = self._get(self.panel.look_again, "my work", headers)
        if answer.status_code != NOTHING_NEW:
            self.panel = Panel(answer.text)
        return self.panel

    def press(self, action: str, task: int, **fields: str) -> Panel:
        """Press a button of a task; return the panel that comes back."""
        return self._shown(self._act(action, task, fields))

    def press_twice(self, action: str, task: int, **fields: str) -> Panel:
        """Press a button twice, so quickly that the second press is of the same form."""
        with ThreadPoolExecutor(2) as fingers:
            presses = [fingers.submit(self._act, action, task, fields) for _ in range(2)]
            answers = [press.result() for press in presses]
        return self._shown(answers[0])

    def scan(self, reference: str) -> Panel:
        """Scan a reference into the scan field."""
        form = {"reference": reference, "held": ",".join(map(str, self.panel.held))}
        return self._shown(self._post(f"{MY_WORK}scan/", "scan", form, self._headers()))

    def answers(self, check: Filled) -> dict[str, str]:
        """Return the fields of a check, as the page in front has them; none where it has none."""
        plan = self.panel.plan
        return {} if plan is None else {"plan": plan, **check.as_form()}

    def send_photos(self, task: int, items: Sequence[str]) -> None:
        """Send the photos that items of the plan ask for."""
        headers = {"X-CSRFToken": self._token(), "Referer": self.line.url}
        for item in items:
            send_photo(self.line, task, item, headers=headers)

    def save_draft(self, task: int, notes: str, answers: dict[str, str]) -> None:
        """Send notes and answers so far with the version that they are based on."""
        form = {"notes": notes, "version": self.panel.version, **answers}
        answer = self._post(f"{MY_WORK}{task}/draft/", "draft", form, self._headers())
        self.panel.version = str(answer.json()["version"])

    def take_break(self, reason: str) -> None:
        """Take a break with the button in the header."""
        self._post("/admin/presence/break/", "break", {"reason": reason})

    def come_back(self) -> Panel:
        """Press "I'm back"; return what *My work* shows then."""
        page = self._post(f"/admin/presence/back/?next={MY_WORK}", "break", {})
        self.panel = Panel(page.text)
        return self.panel

    def receipt(self, task: int, outcome: str, notes: str) -> dict[str, Any]:
        """Return a task that this person has completed, from the answer to doing it again."""
        headers = {"X-CSRFToken": self._token(), "Referer": self.line.url}
        body = {"outcome": outcome, "notes": notes}
        path = f"/taskcomplete/{task}/"
        answer = self.line.send("POST", path, "taskcomplete", json=body, headers=headers)
        completed: dict[str, Any] = checked(answer).json()["completed"]
        return completed

    def _act(self, action: str, task: int, fields: dict[str, str]) -> requests.Response:
        form = fields | {"held": ",".join(map(str, self.panel.held))}
        return self._post(f"{MY_WORK}{task}/{action}/", action, form, self._headers())

    def _shown(self, answer: requests.Response) -> Panel:
        if answer.status_code != NOTHING_NEW:
            self.panel = Panel(answer.text)
        return self.panel

    def _get(
        self, path: str, name: str, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return checked(self.line.send("GET", path, name, headers=headers))

    def _post(
        self, path: str, name: str, form: dict[str, str], headers: dict[str, str] | None = None
    ) -> requests.Response:
        form = form | {"csrfmiddlewaretoken": self._token()}
        headers = {"Referer": self.line.url} | (headers or {})
        return checked(self.line.send("POST", path, name, data=form, headers=headers))

    def _token(self) -> str:
        # With HTTPS its name begins with "__Host-".
        cookies = self.line.session.cookies
        return next(str(one.value) for one in cookies if one.name.endswith("csrftoken"))

    @staticmethod
    def _headers(is_active: bool = True) -> dict[str, str]:
        return {"HX-Request": "true", "QC-Active": "yes" if is_active else "no"}
