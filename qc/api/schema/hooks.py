"""What all calls have in common in the schema: addresses, keys, cut results, refusals."""

import re
from collections.abc import Iterator
from typing import Any

from qc.api.schema import cuts, examples, nullables, refusals, security  # noqa: F401 - registered

Endpoint = tuple[str, str, str, Any]
ID = re.compile(r"\(\?P<(\w+)>\[0-9\]\{1,\d+\}\)")
V1 = "/api/v1/"
JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A text in quotes, new for each request: sent again with the same key within a "
    "day, it has its effect once and is answered as the first time.",
    "examples": {"AKey": {"value": '"3f8d2c1e-9a54-4b0e-8f1d-2a6c7e5b9d10"'}},
}


def clean_addresses(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return the endpoints with ids as whole numbers, and not as texts of digits."""
    return [
        (path, ID.sub(r"<int:\1>", regex), method, view) for path, regex, method, view in endpoints
    ]


def add_what_is_common(result: dict[str, Any], **_about: Any) -> dict[str, Any]:
    """Add what calls don't say themselves; their own descriptions stay."""
    for path, method, operation in _operations(result):
        is_v1 = path.startswith(V1)
        if is_v1 and method == "post":
            operation.setdefault("parameters", []).append(KEY)
        _leave_json_alone(operation)
        examples.add(operation)
        refusals.add(operation, is_v1=is_v1, is_read=method == "get")
    cuts.loosen([operation for _path, _method, operation in _operations(result)], result)
    nullables.mend(result)
    components = result["components"]
    components["schemas"] = dict(sorted((components["schemas"] | refusals.SCHEMAS).items()))
    components["responses"] = refusals.responses()
    return result


def _leave_json_alone(operation: dict[str, Any]) -> None:
    """Drop forms from what a call takes beside JSON: they are read too, but have no advantage."""
    bodies = operation.get("requestBody", {}).get("content", {})
    if JSON in bodies:
        operation["requestBody"]["content"] = {JSON: bodies[JSON]}


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in result["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]
