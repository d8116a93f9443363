"""What all calls have in common in the schema: clean addresses, and how they refuse."""

import re
from collections.abc import Iterator
from typing import Any

from qc.api.schema import refusals, security  # noqa: F401 - registered

Endpoint = tuple[str, str, str, Any]
ID = re.compile(r"\(\?P<(\w+)>\[0-9\]\{1,\d+\}\)")
V1 = "/api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")


def clean_addresses(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return the endpoints with ids as whole numbers, and not as texts of digits."""
    return [(path, ID.sub(r"<int:\1>", regex), *rest) for path, regex, *rest in endpoints]


def add_refusals(result: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """Add the ways in which each call may refuse; a call's own descriptions stay."""
    for path, operation in _operations(result):
        is_v1 = path.startswith(V1)
        for code in refusals.codes_of(operation):
            ref = f"#/components/responses/{refusals.name_of(code, is_v1=is_v1)}"
            operation["responses"].setdefault(str(code), {"$ref": ref})
        operation["responses"] = dict(sorted(operation["responses"].items()))
    components = result["components"]
    components["schemas"] = dict(sorted((components["schemas"] | refusals.SCHEMAS).items()))
    components["responses"] = refusals.responses()
    return result


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in result["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, item[method]
