"""Each role and a service token ask for everything: no answer is a 5xx, or outside the schema.

Run it by `make fuzz`. What a caller saw is in a file named after them, in the folder FUZZ_REPORTS.
"""

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from knox.models import get_token_model

from qc.api.schema import generator
from qc.audit import service_tokens
from qc.models import Role, Scope, ServiceToken, User
from tests.conftest import person
from tests.databases import on_mariadb
from tests.system.site import ROOT, Site, assert_sound

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "10000"))
# An expression for addresses, and names of callers: all unless given.
ONLY = os.environ.get("FUZZ_ONLY", "")
CALLERS = os.environ.get("FUZZ_CALLERS", "").split()
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
# It would end the token with which all else is asked.
LEFT_OUT = ("--exclude-path", "/logout/")
ROLES = {"anna": Role.QC_STAFF, "mona": Role.MANAGERS, "otto": Role.AUDITORS}


@pytest.fixture
def callers(transactional_db: None, settings: Any) -> dict[str, str]:
    """What each caller sends as `Authorization`; the demo has the queues, plans and tasks."""
    settings.EMBEDDED = True
    call_command("load_demo")
    settings.EMBEDDED = False
    people = [person(name, role) for name, role in ROLES.items()]
    root = person("root", is_superuser=True)
    tokens = get_token_model().objects
    sent = {one.username: f"Token {tokens.create(user=one)[1]}" for one in [*people, root]}
    sent["machine"] = f"Bearer {machine(root)}"
    return {name: value for name, value in sent.items() if not CALLERS or name in CALLERS}


def machine(root: User) -> str:
    """Return the secret of a service token that may do everything."""
    expires_at = timezone.now() + timedelta(days=1)
    return service_tokens.make(
        ServiceToken(scopes=list(Scope.values), expires_at=expires_at), "scanner", by=root
    )


@on_mariadb
def test_nobody_is_answered_otherwise_than_the_schema_says(
    site: Site, callers: dict[str, str], tmp_path: Path
) -> None:
    site.variables = {"QC_API_PER_MINUTE": "1000000"}
    site.start_web()
    site.start_jobs()
    reports = Path(os.environ.get("FUZZ_REPORTS", tmp_path))
    asked, failed = 0, []
    for name, authorization in callers.items():
        code, printed = fuzz(site, authorization, examples(len(callers)))
        (reports / f"{name}.txt").write_text(printed)
        asked += sum(map(int, re.findall(r"(\d+) generated", printed)))
        if code:
            failed.append(f"{name}:\n{printed[-6000:]}")
    print(f"\n{asked} requests, {len(failed)} of {len(callers)} callers were answered wrongly")
    assert not failed, "\n\n".join(failed)
    assert_sound(site)
    assert site.manage("verify_audit").returncode == 0


def examples(callers: int) -> int:
    """Return how many requests each operation gets from each caller."""
    operations = sum(len(item) for item in generator.schema()["paths"].values())
    return max(1, REQUESTS // (operations * callers))


def fuzz(site: Site, authorization: str, most: int) -> tuple[int, str]:
    """Ask as one caller; return the exit code and what was printed."""
    command = [Path(sys.executable).parent / "schemathesis", "run", f"{site.url}/api/schema/"]
    command += ["--url", site.url, "--header", f"Authorization:{authorization}", *LEFT_OUT]
    command += ["--checks", CHECKS, "--max-examples", str(most), "--request-timeout", "60"]
    command += ["--phases", "examples,coverage,fuzzing", "--no-color"]
    command += ["--generation-database", "none", "--continue-on-failure", "--warnings", "off"]
    command += ["--include-path-regex", ONLY] if ONLY else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
