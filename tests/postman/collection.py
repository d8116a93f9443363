"""Makes a Postman collection of the schema: requests with their examples, and a test for each.

The calls of people's clients come first, between signing in and out; then those of /api/v1/, by a
service token. Ids are of what earlier answers have named.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
V1, PEOPLE = "/api/v1/", "people's clients"
JSON, FORM = "application/json", "multipart/form-data"
# What is sent as a file: beside the collection, where newman looks for it.
FILE = "tasks.csv"
# What whoever sends the collection fills in.
OPEN = ("token", "person", "password")
CREDENTIALS = {"username": "{{person}}", "password": "{{password}}"}
# What nothing else must come before, or after: a session, a cancelled task.
ORDER = {"login": -1, "logout": 1, "cancel_task": 1, "reopen_task": 1}
HEADERS = {"Idempotency-Key": '"{{$guid}}"'}
SOUND = 'pm.test("no error of the server", () => pm.expect(pm.response.code).to.be.below(500));'
DESCRIBED = 'pm.test("as described", () => pm.expect({codes}).to.include(pm.response.code));'
# An answer about one thing, or about some of which the first will do.
KEEP_ID = """if (pm.response.code < 300) {{
    const body = pm.response.json();
    const [first] = body.results || body.tasks || body.files || [body];
    if (first && first.id) pm.collectionVariables.set("{name}", first.id);
}}"""
KEEP_TOKEN = """if (pm.response.code < 300)
    pm.collectionVariables.set("person_token", pm.response.json().token);"""


def of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the collection of a schema. Its variables name the site, and who asks."""
    operations = [
        (path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    ]
    names = sorted({name for path in schema["paths"] for name in re.findall(r"([\w-]+)/\{", path)})
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in sorted(operations, key=_place):
        folder = operation["tags"][0] if path.startswith(V1) else PEOPLE
        folders.setdefault(folder, []).extend(_requests(path, method, operation, names))
    given = {"baseUrl": "http://127.0.0.1:8000"} | dict.fromkeys((*OPEN, "person_token"), "")
    given |= dict.fromkeys(names, "1")
    return {
        "info": {"name": schema["info"]["title"], "schema": FORMAT},
        "item": [{"name": name, "item": items} for name, items in folders.items()],
        "auth": {"type": "bearer", "bearer": _values({"token": "{{token}}"})},
        "variable": _values(given),
    }


def _place(operation: tuple[str, str, dict[str, Any]]) -> int:
    return ORDER.get(operation[2]["operationId"], 0)


def _requests(
    path: str, method: str, operation: dict[str, Any], names: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield a request for each example of an operation; one where it has none."""
    event = {"listen": "test", "script": {"exec": list(_script(path, operation, names))}}
    for example, body in _bodies(operation).items():
        request: dict[str, Any] = {"method": method.upper(), "url": _url(path, operation)}
        request["header"] = _headers(operation, body)
        request["description"] = operation.get("description", "")
        request |= {"body": body} if body else {}
        yield {
            # newman's report names each request by it.
            "id": f"{operation['operationId']}/{example}",
            "name": ": ".join(filter(None, (operation["summary"], example))),
            "request": request | _auth(path, operation),
            "event": [event],
        }


def _bodies(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is sent, by the name of the example: nothing where the schema has none."""
    content = operation.get("requestBody", {}).get("content", {})
    if FORM in content:
        file = {"key": "file", "type": "file", "src": FILE}
        return {"": {"mode": "formdata", "formdata": [file]}}
    if operation["operationId"] == "login":
        return {"": _json(CREDENTIALS)}
    examples = content.get(JSON, {}).get("examples", {})
    return {one["summary"]: _json(one["value"]) for one in examples.values()} or {"": {}}


def _json(value: Any) -> dict[str, Any]:
    return {
        "mode": "raw",
        "raw": json.dumps(value, indent=2),
        "options": {"raw": {"language": "json"}},
    }


def _url(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return an address, with an id from the variable that is named as what stands before it."""
    path = re.sub(r"([\w-]+)/\{\w+\}", r"\1/{{\1}}", path)
    return {
        "raw": f"{{{{baseUrl}}}}{path}",
        "host": ["{{baseUrl}}"],
        "path": path.split("/")[1:],
        "query": list(map(_query, _parameters(operation, "query"))),
    }


def _query(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter of an address; one that must be there, as `queue`, is the id of such."""
    name, is_needed = parameter["name"], parameter.get("required", False)
    return {"key": name, "value": f"{{{{{name}s}}}}"} if is_needed else _left_out(parameter)


def _headers(operation: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    given = _values({"Content-Type": JSON}) if body.get("mode") == "raw" else []
    for one in _parameters(operation, "header"):
        value = HEADERS.get(one["name"])
        given += _values({one["name"]: value}) if value else [_left_out(one)]
    return given


def _parameters(operation: dict[str, Any], place: str) -> list[dict[str, Any]]:
    return [one for one in operation.get("parameters", ()) if one["in"] == place]


def _left_out(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter that Postman shows, and sends only if somebody chooses it."""
    description = parameter.get("description", "")
    return {"key": parameter["name"], "value": "", "description": description, "disabled": True}


def _auth(path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Return as whom a request is sent, where that isn't the service token."""
    if path.startswith(V1):
        return {}
    if operation["operationId"] == "login":
        return {"auth": {"type": "noauth"}}
    sent = {"key": "Authorization", "value": "Token {{person_token}}", "in": "header"}
    return {"auth": {"type": "apikey", "apikey": _values(sent)}}


def _script(path: str, operation: dict[str, Any], names: list[str]) -> Iterator[str]:
    """Yield what newman runs after an answer: the tests, and what keeps ids for later requests."""
    yield SOUND
    yield DESCRIBED.format(codes=sorted(map(int, operation["responses"])))
    name = path.strip("/").rpartition("/")[2]
    if operation["operationId"] == "login":
        yield KEEP_TOKEN
        yield from (KEEP_ID.format(name=one) for one in ("tasks", "taskcomplete"))
    elif name in names:
        yield KEEP_ID.format(name=name)


def _values(pairs: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in pairs.items()]
