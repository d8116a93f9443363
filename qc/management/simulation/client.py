"""The HTTP API as a person's client calls it: `docs/qc_desk_client.py`, with notes of each call."""

import time
from typing import Any

import requests

from docs.qc_desk_client import QCDesk
from qc.management.simulation.checks import Filled, Sheet
from qc.management.simulation.ledger import Ledger
from qc.management.simulation.line import ATTEMPTS, PHOTO, TIMEOUT


class Client(QCDesk):
    """One person's client; its calls raise Refused, or requests' error when no answer came."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        super().__init__(url, attempts=ATTEMPTS, timeout=TIMEOUT, wait=self._repeat)
        self.ledger = ledger

    def sheet(self, task: dict[str, Any]) -> Sheet:
        """Return what the check of a task asks."""
        plan = task.get("plan", {})
        codes: list[str] = []
        if task.get("needs_defects"):
            codes = [one["code"] for one in self.defect_codes(task["id"])]
        rule, counts = plan.get("rule", "checker"), task.get("counts_quantities", False)
        return Sheet(plan.get("items", ()), rule, codes, counts, task.get("lot_size"))

    def complete(self, task: dict[str, Any], check: Filled, notes: str) -> dict[str, Any]:
        """Complete a task, with its label scanned if need be; return it and the next one."""
        for item in check.photos:
            self.add_file(task["id"], "photo.png", PHOTO, item=item)
        body = {"outcome": check.outcome, "notes": notes, **check.as_json()}
        if task.get("scan_to_start"):
            body["scanned"] = task["reference"]
        return self.finish(task["id"], body)

    def finish(self, task: int, body: dict[str, Any]) -> dict[str, Any]:
        """Complete a task; return it as `completed`, and the `next` one."""
        return self.complete_and_next(task, **body)

    def send(self, method: str, path: str, **content: Any) -> requests.Response:
        """Send a request; note one that got no answer in the end."""
        try:
            return super().send(method, path, **content)
        except requests.RequestException as error:
            self.ledger.failed(name_of(path), error)
            raise

    def once(self, method: str, path: str, **content: Any) -> requests.Response:
        """Send a request once; note how long its answer took."""
        begun = time.monotonic()
        response = super().once(method, path, **content)
        seconds = time.monotonic() - begun
        self.ledger.answered(name_of(path), seconds, response.status_code)
        return response

    def _repeat(self, seconds: float) -> None:
        """Wait before a request is sent again."""
        self.ledger.count("repeated")
        time.sleep(seconds)


class V1Client(Client):
    """Completes tasks through /api/v1/, where each request has a key."""

    def finish(self, task: int, body: dict[str, Any]) -> dict[str, Any]:
        """Complete a task; return it as `completed`, and the `next` one."""
        answer = self.act(task, "complete", **body)
        return {"completed": answer["task"], "next": answer["next"]}


def name_of(path: str) -> str:
    """Return what the summary calls a request: the last word of its address."""
    words = [
        word for word in path.split("?", maxsplit=1)[0].split("/") if word and not word.isdigit()
    ]
    return words[-1]
