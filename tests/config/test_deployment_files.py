"""What deploy/ has for containers and systemd says the same as the Procfile and the settings."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from honcho import environ
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
BIN = Path(sys.executable).parent
PROCFILE = environ.parse_procfile((ROOT / "Procfile").read_text()).processes
TABLE = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "deploy.md").read_text()))
COMPOSE: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.yaml")
SERVICES = COMPOSE["services"]
OURS = {"prepare", *PROCFILE}


def words(command: str) -> list[str]:
    """Return a command's words; what the shell would put in has its default."""
    return shlex.split(re.sub(r"\$\{\w+:-(\w+)\}", r"\1", command.removeprefix("exec ")))


def in_container(name: str) -> list[str]:
    command = [word.replace("$$", "$") for word in SERVICES[name]["command"]]
    return words(command[2]) if command[:2] == ["sh", "-c"] else command


def in_unit(name: str) -> list[str]:
    file = next(UNITS.glob(f"qc-desk-{name}*.service"))
    command = re.search("^ExecStart=/opt/qc-desk/.venv/bin/(.+)$", file.read_text(), re.MULTILINE)
    assert command, f"{file} starts nothing"
    return words(command[1].replace("%%", "%").replace("${LOG_LEVEL}", "INFO"))


@pytest.mark.parametrize("name", PROCFILE)
def test_container_and_unit_run_what_the_procfile_says(name: str) -> None:
    assert in_container(name) == words(PROCFILE[name])
    assert in_unit(name) == words(PROCFILE[name])


def test_every_unit_and_container_is_a_process_of_the_procfile() -> None:
    units = {re.split("[@.]", file.name)[0] for file in UNITS.glob("*.service")}
    assert units == {f"qc-desk-{name}" for name in PROCFILE}
    assert set(SERVICES) == OURS | {"db", "redis", "nginx"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_container_of_ours_has_no_rights(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    # Passwords are in files that nobody commits.
    assert "environment" not in service


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_container_writes_nowhere_but_where_it_must_and_says_how_it_is(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert "healthcheck" in SERVICES[name] or name == "prepare"


def test_files_that_compose_mounts_are_there_or_are_the_operators() -> None:
    for volume in SERVICES["nginx"]["volumes"]:
        source = volume.split(":")[0]
        made_there = source in ("state", "./compose/qc-desk.pem", "./compose/qc-desk.key")
        assert made_there or (DEPLOY / source).exists(), volume


def test_compose_file_is_valid() -> None:
    check = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [*check, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_containerfile_has_no_findings() -> None:
    hadolint = [BIN / "hadolint", DEPLOY / "Containerfile"]
    done = subprocess.run(hadolint, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("file", ["compose/qc-desk.env.example", "qc-desk.env.example"])
def test_variables_of_the_examples_exist(file: str) -> None:
    lines = (DEPLOY / file).read_text().splitlines()
    assert {line.split("=")[0] for line in lines if not line.startswith("#")} <= TABLE


def test_every_variable_that_is_read_is_in_the_table() -> None:
    source = "".join(file.read_text() for file in (ROOT / "config").glob("*.py"))
    read = re.findall(r'(?:environment|env)\.\w+\(\s*"([A-Z_]+)"', source)
    assert len(read) > 20
    assert set(read) <= TABLE


needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"),
    reason="there is no systemd on this machine: apt-get install -y systemd",
)


@pytest.fixture
def units(tmp_path: Path) -> Any:
    """The units with programs that are there, and a systemd that looks at them."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for file in folder.glob("*.service"):
        file.write_text(file.read_text().replace("/opt/qc-desk/.venv/bin", str(BIN)))

    def analyze(*arguments: str) -> str:
        done = subprocess.run(
            ["systemd-analyze", *arguments],
            env={"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{folder}:"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    return analyze


NAMES = ["qc-desk-web@8000", *(f"qc-desk-{name}" for name in PROCFILE if name != "web")]


@needs_systemd
def test_systemd_finds_no_mistake_in_the_units(units: Any) -> None:
    names = ["qc-desk-web@8000.socket", *(f"{name}.service" for name in NAMES)]
    found = [line for line in units("verify", *names).splitlines() if "qc-desk" in line]
    assert found == []


@needs_systemd
def test_units_keep_their_processes_in_bounds(units: Any) -> None:
    for name in NAMES:
        command = ["security", "--offline=true", "--json=short", "--no-pager", f"{name}.service"]
        found = json.loads(units(*command))
        exposed = sum(float(each["exposure"] or 0) for each in found)
        assert exposed < 2.5, name
        settings = {each["json_field"]: each["set"] for each in found}
        assert (settings["NoNewPrivileges"], settings["UMask"]) == (True, True), name
