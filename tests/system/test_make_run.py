"""`make run` in a fresh copy of the project, as a newcomer does it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from qc.web import font_finder
from tests import servers
from tests.system.browsers import Browser
from tests.system.site import ROOT, is_embedded
from tests.waiting import until

pytestmark = [
    pytest.mark.skipif(not is_embedded(), reason="`make run` is the embedded default"),
    pytest.mark.skipif(not shutil.which("make"), reason="there is no make on this machine"),
]

SETTINGS = re.compile("QC_|WEB_|DATABASE_URL|REDIS_URL|SECRET_KEY|COV|PORT|MAKE|MFLAGS")
START_SECONDS = 150


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a clone would have: everything but what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    # Making fonts takes long, and tests/web/test_fonts.py does it.
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "fonts").symlink_to(font_finder.made().resolve())
    return tmp_path


class Newcomer:
    """Types `make run` in a terminal of their own, with the environment that is there already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = servers.free_port()
        self.log = folder / "printed"
        self.make: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """Wait until it says where QC Desk is."""
        clean = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
        with self.log.open("wb") as log:
            self.make = subprocess.Popen(
                ["make", "run", f"VENV={sys.prefix}", f"PORT={self.port}"],
                cwd=self.folder,
                env=clean,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.is_ready_or_over, within=START_SECONDS)
        assert self.make.poll() is None, self.log.read_text()

    def is_ready_or_over(self) -> bool:
        assert self.make
        return f"QC Desk runs at {self.url}" in self.log.read_text() or self.make.poll() is not None

    def press_ctrl_c(self) -> None:
        """Wait until everything has ended."""
        assert self.make
        os.killpg(self.make.pid, signal.SIGINT)
        self.make.wait(timeout=60)

    def left_over(self) -> list[str]:
        """The processes that still work in the copy."""
        return [
            (process / "cmdline").read_text().replace("\0", " ")
            for process in Path("/proc").glob("[0-9]*")
            if working_folder(process) == self.folder
        ]


def working_folder(process: Path) -> Path | None:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return None


@pytest.fixture
def newcomer(copy: Path) -> Iterator[Newcomer]:
    newcomer = Newcomer(copy)
    yield newcomer
    if newcomer.make and newcomer.make.poll() is None:
        newcomer.press_ctrl_c()
    print(newcomer.log.read_text()[-5000:])


def task_in_hand(url: str, name: str) -> str:
    """The reference that the API says this person has."""
    credentials = {"username": name, "password": "demo"}
    answer = requests.post(f"{url}/login/", json=credentials, timeout=30).json()
    return str(answer["tasks"][0]["reference"])


def check_scripts_are_compressed_and_for_good(url: str) -> None:
    page = requests.get(f"{url}/admin/login/", timeout=30).text
    scripts = re.findall(r'src="(/static/[^"]+)"', page)
    assert scripts
    for script in scripts:
        answer = requests.get(url + script, timeout=30)
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]


def test_make_run_shows_a_task_and_leaves_no_process(newcomer: Newcomer) -> None:
    newcomer.run()
    for name in ("admin", "manager", "auditor", "qc1 … qc8", '"demo"'):
        assert name in newcomer.log.read_text()
    desk = Browser(newcomer.url, "qc1")
    reference = task_in_hand(newcomer.url, "qc1")
    # Whoever does QC lands on My work.
    assert reference in desk.get("/admin/").text
    # A cold start of the whole is dear: how it sends its scripts is looked at here, too.
    check_scripts_are_compressed_and_for_good(newcomer.url)
    newcomer.press_ctrl_c()
    assert newcomer.left_over() == []
    assert "Traceback" not in newcomer.log.read_text()

    newcomer.run()
    assert task_in_hand(newcomer.url, "qc1") == reference
    newcomer.press_ctrl_c()


def test_taken_port_is_reported(newcomer: Newcomer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        newcomer.port = port = other.getsockname()[1]
        with pytest.raises(AssertionError):
            newcomer.run()
    printed = newcomer.log.read_text()
    assert f"Port {port} on 127.0.0.1 can't be used" in printed
    assert "Traceback" not in printed
