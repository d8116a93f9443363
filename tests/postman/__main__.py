"""`make postman`: a Postman collection of the API, in var/postman/, and newman, which sends it.

It is sent where there is QC, the address of a site, with TOKEN, a service token, and PERSON and
PASSWORD of somebody who does QC. No answer may be a 5xx, or one that the schema doesn't name.
It is for sites for tests: tasks come and change. What newman saw is in report.json beside it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.postman import collection

NEWMAN = "6.2.2"
FOLDER = (Path(os.environ.get("QC_VAR_DIR", "var")) / "postman").resolve()
COLLECTION, REPORT = FOLDER / "qc-desk.json", FOLDER / "report.json"
ROW = "reference,name,queue\nINV-2233,Invoice 2233,Invoices\n"
# Nothing outside of the folder is written, and no script of a package runs.
NPM = (
    *("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit"),
    *("--no-fund", "--no-update-notifier", "--loglevel=error", "--prefer-offline"),
    *("--fetch-retries=1", "--fetch-timeout=60000"),
)
INSTALL_SECONDS = 200
NO_NODE = """
  NOT RUN: newman needs node and npm. To run it:
      apt-get install -y nodejs npm
"""
NO_NEWMAN = """
  NOT RUN: newman {version} can't be installed from npm's registry. Is there a network? npm says:
{said}
"""


def main() -> None:
    """Make the collection, and send it if QC says where; exit with 1 if a test of it failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    COLLECTION.write_text(json.dumps(collection.of(schema()), indent=1))
    (FOLDER / collection.FILE).write_text(ROW)
    print(f"The collection is in {COLLECTION}", flush=True)
    if site := os.environ.get("QC"):
        if not (shutil.which("node") and shutil.which("npm")):
            sys.exit(NO_NODE)
        sys.exit(send(installed(), site.rstrip("/")))


def schema() -> dict[str, Any]:
    """Return the schema as the code has it now."""
    command = [sys.executable, "manage.py", "spectacular", "--format", "openapi-json"]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))
    return found


def installed() -> Path:
    """Return the program of newman, which is installed once. Exits where that is not possible."""
    package = FOLDER / "node_modules" / "newman"
    about = package / "package.json"
    if not about.exists() or json.loads(about.read_text())["version"] != NEWMAN:
        install()
    return package / "bin" / "newman.js"


def install() -> None:
    """Install newman; exit where that is not possible."""
    command = [*NPM, "--prefix", FOLDER, "--cache", FOLDER / "cache", f"newman@{NEWMAN}"]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        sys.exit(NO_NEWMAN.format(version=NEWMAN, said=f"nothing in {INSTALL_SECONDS} s"))
    except subprocess.CalledProcessError as failed:
        said = "\n".join(failed.stderr.splitlines()[:4])
        sys.exit(NO_NEWMAN.format(version=NEWMAN, said=said))


def send(newman: Path, site: str) -> int:
    """Send each request; return 1 if a test of one failed."""
    values = {name: os.environ.get(name.upper(), "") for name in collection.OPEN}
    values["baseUrl"] = site
    command = ["node", newman, "run", COLLECTION, "--working-dir", FOLDER, "--color", "off"]
    command += ["--reporters", "cli,json", "--reporter-json-export", REPORT]
    for name, value in values.items():
        command += ["--env-var", f"{name}={value}"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    main()
