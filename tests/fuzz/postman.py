"""`make postman`: a Postman collection of the schema, in var/postman/, run by newman where it can.

With QC, the address of a site, and TOKEN, a service token, each request of the collection is sent
there by newman: none may be answered with a 5xx. Needs node and npm.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

CONVERTER = ("openapi-to-postmanv2@6.3.3", "openapi2postmanv2")
NEWMAN = ("newman@6.2.2", "newman")
FOLDER = Path(os.environ.get("QC_VAR_DIR", "var")) / "postman"
NO_NODE = """
  NOT RUN: Postman's tools need node. To run them:
      apt-get install -y nodejs npm
"""
CHECK = """pm.test("no error of the server", () => pm.expect(pm.response.code).to.be.below(500));"""
PLACES = {"<integer>": "1", "<boolean>": "true"}
# They would end the token, or count as failed sign-ins.
LEFT_OUT = ("/login/", "/logout/")


def main() -> None:
    """Make the collection, and run it if QC says where; exit with 1 if a request failed."""
    if not shutil.which("npx"):
        sys.exit(NO_NODE)
    FOLDER.mkdir(parents=True, exist_ok=True)
    schema, collection = FOLDER / "schema.json", FOLDER / "qc-desk.json"
    schema.write_text(json.dumps(_schema()))
    options = "folderStrategy=Tags,requestParametersResolution=Example"
    _node(CONVERTER, "-s", str(schema), "-o", str(collection), "-p", "-O", options)
    collection.write_text(json.dumps(_finished(json.loads(collection.read_text())), indent=1))
    print(f"The collection is in {collection}")
    if site := os.environ.get("QC"):
        values = (f"baseUrl={site.rstrip('/')}", f"token={os.environ.get('TOKEN', '')}")
        given = [part for value in values for part in ("--env-var", value)]
        _node(NEWMAN, "run", str(collection), *given, "--reporters", "cli")


def _schema() -> dict[str, Any]:
    command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"]
    schema: dict[str, Any] = json.loads(subprocess.check_output(command))
    schema["paths"] = {path: item for path, item in schema["paths"].items() if path not in LEFT_OUT}
    return schema


def _finished(collection: dict[str, Any]) -> dict[str, Any]:
    """Return the collection with one way to sign in and one test for all requests."""
    bearer = [{"key": "token", "value": "{{token}}", "type": "string"}]
    test = {"listen": "test", "script": {"type": "text/javascript", "exec": [CHECK]}}
    return _usable(collection) | {
        "auth": {"type": "bearer", "bearer": bearer},
        "event": [test],
        "variable": [{"key": "baseUrl", "value": "http://127.0.0.1:8000"}],
    }


def _usable(part: Any) -> Any:
    """Return a part of the collection with values for what the converter only names."""
    if isinstance(part, list):
        return [_usable(one) for one in part]
    if not isinstance(part, dict):
        return PLACES.get(part, part) if isinstance(part, str) else part
    found = {name: _usable(value) for name, value in part.items() if name != "auth"}
    for one in found.get("query", ()):
        one["disabled"] = True
    if found.get("key") == "If-Match":
        found["disabled"] = True
    if found.get("key") == "Idempotency-Key":
        found["value"] = '"{{$guid}}"'
    return found


def _node(tool: tuple[str, str], *arguments: str) -> None:
    package, command = tool
    done = subprocess.run(["npx", "--yes", "-p", package, command, *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
