"""Whether an answer of the API is one that its schema describes."""

import json
from typing import Any

from jsonschema import Draft202012Validator

RESPONSES = "#/components/responses/"


def faults(
    schema: dict[str, Any], operation: dict[str, Any], code: int, kind: str, body: bytes
) -> list[str]:
    """Return what is wrong with an answer of an operation; `kind` is its Content-Type, or ""."""
    found = operation["responses"].get(str(code))
    if found is None:
        return [f"{code} is not described"]
    if "$ref" in found:
        found = schema["components"]["responses"][found["$ref"].removeprefix(RESPONSES)]
    kind = kind.partition(";")[0]
    if "json" not in kind:
        return []
    if kind not in found["content"]:
        return [f"{code} is {kind}, and not {' or '.join(found['content'])}"]
    whole = found["content"][kind]["schema"] | {"components": schema["components"]}
    checks = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checks.iter_errors(json.loads(body))]
