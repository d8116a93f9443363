"""Reads from *My work* what a check asks, as somebody reads the form."""

import json
from typing import Any

from qc.management.simulation.checks import Sheet

Attributes = dict[str, str]


class SheetReader:
    """Collects the items of the check in front, its defect codes, and what is counted."""

    def __init__(self) -> None:
        self.plan: str | None = None
        self.rule = "checker"
        self.items: list[dict[str, Any]] = []
        self.codes: list[str] = []
        self.counts = False
        self.lot_size: int | None = None

    @property
    def sheet(self) -> Sheet:
        """What the check asks."""
        plan = self.plan or ""
        return Sheet(self.items, self.rule, self.codes, self.counts, self.lot_size, plan)

    def read(self, tag: str, attributes: Attributes) -> None:
        """Read one tag of the page."""
        if "data-rule" in attributes:
            self.rule, self.counts = attributes["data-rule"], "data-counts" in attributes
        if attributes.get("name") == "plan":
            self.plan = attributes["value"]
        if "data-required" in attributes and "data-defects" in attributes:
            self.codes = [one["code"] for one in json.loads(attributes["data-codes"])]
        if "data-lot-size" in attributes:
            self.lot_size = int(attributes["data-lot-size"])
        if tag == "fieldset" and "data-item" in attributes:
            self.items.append(_item(attributes))
        elif attributes.get("data-means") and tag in ("input", "option"):
            is_ok = attributes["data-means"] != "not_ok"
            self.items[-1]["options"].append({"value": attributes["value"], "is_ok": is_ok})


def _item(attributes: Attributes) -> dict[str, Any]:
    """Return an item as the API has it."""
    item: dict[str, Any] = {
        "key": attributes["data-item"],
        "kind": attributes["data-kind"],
        "required": "data-required" in attributes,
        "critical": "data-critical" in attributes,
        "lower": attributes.get("data-lower"),
        "upper": attributes.get("data-upper"),
        "decimals": int(attributes.get("data-decimals", 0)),
        "options": [],
    }
    if asked := attributes.get("data-only-if"):
        item["only_if"] = {"item": asked, "answers": json.loads(attributes["data-only-answers"])}
    return item
