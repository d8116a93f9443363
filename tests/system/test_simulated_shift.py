"""`manage.py simulate_shift` against a real site, and against one that does wrong."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any, ClassVar

import pytest
from django.core.management import CommandError, call_command

from qc.models import Priority, Queue, Status, Task, User
from tests import servers
from tests.databases import on_mariadb, on_sqlite
from tests.system.site import ROOT, Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

DICE = 7


def simulate(url: str, **options: Any) -> tuple[str, bool]:
    """Play a short shift; return what it printed and whether all was well."""
    printed = StringIO()
    quick = {"people": 8, "minutes": 0.1, "handling": 0.05, "seed": DICE}
    try:
        call_command("simulate_shift", url=url, stdout=printed, **quick | options)
    except CommandError as error:
        return printed.getvalue() + str(error), False
    return printed.getvalue(), True


@on_mariadb
def test_shift_on_a_sound_site_loses_nothing(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    hire(8)
    pile(queue, 1000)
    site.start_web()
    printed, is_well = simulate(site.url, minutes=0.2)
    assert is_well, printed
    done = Task.objects.filter(status=Status.COMPLETED).count()
    # How many, a busy machine decides: signing in alone may take most of the time.
    assert done
    assert f"{done} tasks completed, 0 completed twice, 0 lost" in printed
    assert f"1000 open before, {1000 - done} after" in printed
    assert "1 vanished" in printed
    assert User.objects.get(username="qc8").is_logged_in
    assert User.objects.filter(is_logged_in=True).count() == 1


@on_sqlite
def test_unknown_people_are_named_and_the_others_work(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    hire(1)
    pile(queue, 3)
    site.start_web()
    printed, is_well = simulate(site.url, people=2)
    assert is_well, printed
    assert "3 tasks completed" in printed
    assert "Could not go on: qc2 (401" in printed


@on_sqlite
def test_shift_without_accounts_fails(site: Site) -> None:
    site.start_web()
    printed, is_well = simulate(site.url)
    assert not is_well
    assert "qc1 can't sign in: 401" in printed


@on_sqlite
def test_site_that_does_not_answer_is_named() -> None:
    url = f"http://127.0.0.1:{servers.free_port()}"
    printed, is_well = simulate(url)
    assert not is_well
    assert f"{url} does not answer" in printed


@on_sqlite
def test_ctrl_c_ends_a_shift_by_v1_with_its_summary(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    hire(2)
    pile(queue, 1000)
    site.start_web()
    command = [
        "simulate_shift",
        "--people=2",
        "--minutes=9",
        "--handling=0.05",
        "--v1",
        f"--url={site.url}",
    ]
    with subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=site.environment(),
        stdout=subprocess.PIPE,
        text=True,
        # A shell makes what it starts in the background deaf to Ctrl-C, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as playing:
        until(lambda: Task.objects.filter(status=Status.COMPLETED).count() > 5, within=30)
        playing.send_signal(signal.SIGINT)
        printed, _ = playing.communicate(timeout=30)
    assert playing.returncode == 0, printed
    done = Task.objects.filter(status=Status.COMPLETED).count()
    assert f"{done} tasks completed, 0 completed twice, 0 lost" in printed
    assert not User.objects.filter(is_logged_in=True).exists()


class TestHumans:
    """People whose lunch, locked tablet and slow tasks are longer than the limits of their site."""

    INCIDENTS = (
        "plain task",
        "lunch",
        "locked tablet",
        "lost line",
        "undo",
        "scan",
        "double press",
        "slow API client",
    )

    @pytest.fixture
    def site(self, site: Site) -> Site:
        site.variables = {"QC_UNSEEN_MINUTES": "0.2", "QC_START_MINUTES": "0.15"}
        return site

    @on_mariadb
    def test_shift_blames_nobody_and_reports_the_times_that_were_played(
        self, site: Site, queue: Queue, hire: Hire, pile: Pile
    ) -> None:
        hire(8)
        labels = Queue.objects.create(name="Labels", open_to_all=True, scan_to_start=True)
        pile(labels, 12, priority=Priority.P1)
        pile(queue, 200)
        printed, code = self.play(site, minutes=1.2)
        assert code == 0, printed
        done = Task.objects.filter(status=Status.COMPLETED).count()
        assert f"{done} tasks completed, 0 completed twice, 0 lost" in printed
        assert "0 complaints" in printed
        for incident in self.INCIDENTS:
            assert f"× {incident}" in printed
        assert_undone_and_completed_again()
        assert not User.history.filter(history_change_reason="not responding").exists()
        assert_sound(site)
        verified = site.manage("verify_audit")
        assert verified.returncode == 0, verified.stdout + verified.stderr

    @on_sqlite
    def test_work_taken_from_people_who_are_at_it_is_reported(
        self, site: Site, queue: Queue, hire: Hire, pile: Pile
    ) -> None:
        hire(6)
        pile(queue, 200)
        Queue.objects.update(silent_after=timedelta(seconds=5))
        printed, code = self.play(site, people=6, minutes=0.5)
        assert code == 1
        assert "COMPLAINT: qc" in printed

    @staticmethod
    def play(site: Site, **options: Any) -> tuple[str, int]:
        """Start the processes and play a shift; return what it printed and its exit code."""
        site.start_web()
        site.start_jobs()
        quick = {"people": 8, "handling": 7, "seed": DICE}
        values = [f"--{name}={value}" for name, value in (quick | options).items()]
        played = site.manage("simulate_shift", "--human", f"--url={site.url}", *values)
        return played.stdout + played.stderr, played.returncode


def assert_undone_and_completed_again() -> None:
    """Each completion that was undone has its own row, and another completion after it."""
    undone = Task.history.filter(kind="completion undone").values_list("id", flat=True)
    assert undone
    for task in undone:
        kinds = Task.history.filter(id=task).order_by("history_id").values_list("kind", flat=True)
        assert [kind for kind in kinds if kind.startswith("complet")] == [
            "completed",
            "completion undone",
            "completed",
        ]


class WrongSite(BaseHTTPRequestHandler):
    """Answers like the API, but as its server's `trick` says."""

    protocol_version = "HTTP/1.1"
    task: ClassVar = {"id": 1, "reference": "QD-1", "name": "Check", "status": "assigned"}

    def do_GET(self) -> None:
        me = {"capacity": 1, "break_reason": "", "tasks": self.in_hand()}
        people = [{"tasks": self.in_hand()}]
        self.answer({"me": me, "people": people, "pending": self.waiting(), "next": None})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/login/":
            self.answer({"token": "t", "tasks": [self.task]})
        elif self.path == "/logout/":
            self.answer({"message": "bye"})
        elif self.trick == "breaks":
            self.answer({"detail": "broken"}, code=500)
        else:
            self.server.completions += 1  # type: ignore[attr-defined]
            self.answer({"completed": self.task, "next": None})

    @property
    def trick(self) -> str:
        return str(self.server.trick)  # type: ignore[attr-defined]

    def in_hand(self) -> list[dict[str, Any]]:
        return [self.task] * {"hands out two": 2, "keeps it open": 1}.get(self.trick, 0)

    def waiting(self) -> int:
        done = self.server.completions  # type: ignore[attr-defined]
        return 10 if self.trick == "loses" and not done else 0

    def answer(self, content: dict[str, Any], code: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def wrong_site(trick: str) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), WrongSite)
    server.trick, server.completions = trick, 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@on_sqlite
@pytest.mark.parametrize(
    ("trick", "complaint"),
    [
        ("gives it to everybody", "DONE TWICE: task 1 by qc"),
        ("loses", "9 lost"),
        ("hands out two", "TOO MANY: qc"),
        ("keeps it open", "DONE, BUT OPEN AGAIN: task 1"),
        ("breaks", "ERROR: taskcomplete answered 500"),
    ],
)
def test_errors_of_the_site_are_reported(trick: str, complaint: str) -> None:
    with wrong_site(trick) as url:
        printed, is_well = simulate(url, people=3, minutes=0.02)
    assert not is_well
    assert complaint in printed
