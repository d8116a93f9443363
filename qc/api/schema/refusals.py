"""Refusals in the schema: problem+json of /api/v1/, and the plain ones of the other calls."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

DESCRIPTIONS = {
    400: "Something that was sent is not allowed: `errors` says what, by field.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "The caller may not do this.",
    404: "There is no such thing, or the caller may not see it.",
    406: "No answer can be given in the format that `Accept` asks for.",
    409: "The state of the task, or of what it is about, does not allow this.",
    414: "The address is too long.",
    412: "It was changed meanwhile: `If-Match` names another version.",
    413: "What was sent is too large: at most 2.5 MB are allowed beside files.",
    415: "What was sent is in a format that is not read here.",
    422: "The same `Idempotency-Key` was used for another request.",
    429: "Too many requests. `Retry-After` says how many seconds to wait.",
    503: "Not available right now; nothing was changed. `Retry-After` says when to ask again.",
}
PLAIN_400 = "A field is missing or not allowed: field → messages; or the `detail`."
TOO_LONG = 414
WAITS = (429, 503)
ALWAYS = (401, 403, 406, 429, 503)
JSON, PROBLEM_JSON = "application/json", "application/problem+json"

MESSAGES = {"type": "array", "items": {"type": "string"}}
SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "description": "An error (RFC 9457).",
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong, for people."},
            "errors": {
                "description": "What is wrong, by field.",
                "type": ["object", "array"],
            },
        },
        "required": ["type", "title", "status", "detail"],
    },
    "Refusal": {
        "type": "object",
        "properties": {"detail": {"type": "string"}},
        "required": ["detail"],
    },
    "FieldErrors": {
        "type": ["object", "array"],
        "description": "Field → messages, or the `detail` alone; messages where it is no object.",
        "additionalProperties": {"anyOf": [{"type": "string"}, MESSAGES, {"type": "object"}]},
    },
}


def add(operation: dict[str, Any], *, is_v1: bool, is_read: bool) -> None:
    """Add the ways in which a call may refuse, beside those that it describes itself."""
    found = operation["responses"]
    for code in codes_of(operation, is_read=is_read):
        ref = f"#/components/responses/{name_of(code, is_v1=is_v1)}"
        found.setdefault(str(code), {"$ref": ref})
    operation["responses"] = dict(sorted(found.items()))


def codes_of(operation: dict[str, Any], *, is_read: bool) -> Iterator[int]:
    """Yield the statuses with which a call may refuse."""
    yield from ALWAYS
    parameters = operation.get("parameters", ())
    places = {one["in"] for one in parameters}
    headers = {one["name"] for one in parameters if one["in"] == "header"}
    yield from (404,) if "path" in places else ()
    yield from (400, 414) if "query" in places else ()
    yield from () if is_read else (400, 409)
    yield from (413, 415) if "requestBody" in operation else ()
    yield from (422,) if "Idempotency-Key" in headers else ()
    yield from (412,) if "If-Match" in headers else ()


def name_of(code: int, *, is_v1: bool) -> str:
    """Return the name of the component that describes a refusal."""
    name = HTTPStatus(code).phrase.title().replace(" ", "").replace("-", "")
    return name if is_v1 else f"Plain{name}"


def responses() -> dict[str, Any]:
    """Return all components that describe refusals."""
    codes = sorted(DESCRIPTIONS)
    return {
        name_of(one, is_v1=is_v1): _response(one, is_v1) for is_v1 in (True, False) for one in codes
    }


def _response(code: int, is_v1: bool) -> dict[str, Any]:
    text = DESCRIPTIONS[code] if is_v1 or code != 400 else PLAIN_400
    plain = "FieldErrors" if code == 400 else "Refusal"
    name, media_type = ("Problem", PROBLEM_JSON) if is_v1 else (plain, JSON)
    if code == TOO_LONG:
        # The web server's own, before any call.
        return {"description": text, "content": {"text/html": {"schema": {"type": "string"}}}}
    found: dict[str, Any] = {"description": text}
    if code in WAITS:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return found | {"content": content}
