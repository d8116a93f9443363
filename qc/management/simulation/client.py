"""The HTTP API as a person's client calls it."""

from typing import Any

from qc.management.simulation.checks import Filled, Sheet
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.line import Line, checked, send_photo


class Client:
    """One person's client; its calls raise Refused, or requests' error when no answer came."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.line = Line(url, ledger)
        self.ledger = ledger

    def sign_in(self, username: str, password: str) -> dict[str, Any]:
        """Sign in; further calls carry the token."""
        self.line.session.headers.pop("Authorization", None)
        answer = self._call("POST", "/login/", {"username": username, "password": password})
        self.line.session.headers["Authorization"] = f"Token {answer['token']}"
        return answer

    def sign_out(self) -> None:
        """Sign out; open tasks go back to their queues."""
        self._call("POST", "/logout/")
        del self.line.session.headers["Authorization"]

    @property
    def is_signed_in(self) -> bool:
        """Whether calls carry a token."""
        return "Authorization" in self.line.session.headers

    def dashboard(self, page: int = 1) -> dict[str, Any]:
        """Return who is there, what they hold, and how many tasks wait."""
        return self._call("GET", f"/dashbord/?page={page}")

    def sheet(self, task: dict[str, Any]) -> Sheet:
        """Return what the check of a task asks."""
        plan = task.get("plan", {})
        codes: list[str] = []
        if task.get("needs_defects"):
            found = self._call("GET", f"/api/tasks/{task['id']}/defect-codes/")
            codes = [one["code"] for one in found["codes"]]
        rule, counts = plan.get("rule", "checker"), task.get("counts_quantities", False)
        return Sheet(plan.get("items", ()), rule, codes, counts, task.get("lot_size"))

    def complete(self, task: dict[str, Any], check: Filled, notes: str) -> dict[str, Any]:
        """Complete a task, with its label scanned if need be; return it and the next one."""
        for item in check.photos:
            send_photo(self.line, task["id"], item)
        body = {"outcome": check.outcome, "notes": notes, **check.as_json()}
        if task.get("scan_to_start"):
            body["scanned"] = task["reference"]
        return self._call("POST", f"/taskcomplete/{task['id']}/", body)

    def undo(self, task_id: int) -> dict[str, Any]:
        """Undo a completion; return the task, which is this person's again."""
        task: dict[str, Any] = self._call("DELETE", f"/taskcomplete/{task_id}/")["task"]
        return task

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        name = path.split("/")[1]
        answer: dict[str, Any] = checked(self.line.send(method, path, name, json=body)).json()
        return answer
