"""How the admin looks: name, colours, menu."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "QC Desk",
    "SITE_HEADER": "QC Desk",
}
