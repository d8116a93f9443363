"""A database that can't be reached, takes no one more, or is full: words, and then work goes on."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Event
from typing import Any

import pytest
import requests

from tests import servers
from tests.databases import needs_mariadb, on_mariadb
from tests.system.black_hole import Line, line_to
from tests.system.site import Site, assert_sound
from tests.waiting import until

pytestmark = [on_mariadb, needs_mariadb]

# Longer than a request waits for a statement.
AWAY_SECONDS = 5
REQUEST_SECONDS = 2
# Everything lies in one file, which can be filled without filling the disk.
SMALL_DISK, LARGE_DISK = "autoextend:max:64M", "autoextend:max:128M"
SMALL = (
    "--skip-innodb-file-per-table",
    f"--innodb-data-file-path=ibdata1:12M:{SMALL_DISK}",
    "--innodb-autoextend-increment=4",
    "--innodb-undo-tablespaces=0",
)
USER = "qc_desk"
PROCESSES = "information_schema.processlist"
FILL = "INSERT INTO qc_desk.filler SELECT REPEAT('x', 60000) FROM qc_desk.seq_1_to_100"


class Floor:
    """A site with a database of its own, and Anna and Ben's colleagues at work through its API."""

    def __init__(self, site: Site, server: servers.Server, line: Line) -> None:
        self.site, self.server, self.line = site, server, line
        self.session = requests.Session()

    def set_up(self) -> None:
        """Make its database, for a user as docs/deploy.md has it, with people and tasks."""
        self.run("CREATE DATABASE qc_desk CHARACTER SET utf8mb4")
        self.run(f"CREATE USER {USER}")
        self.run(f"GRANT ALL ON qc_desk.* TO {USER}")
        self.site.variables = {
            "DATABASE_URL": f"mysql://{USER}@{servers.HOST}:{self.line.port}/qc_desk",
            "SECRET_KEY": "k" * 60,
            "QC_HTTPS": "off",
        }
        size = ("--people=2", "--tasks=20", "--queues=1")
        for command in (("migrate",), ("demo_data", *size, "--yes-production")):
            made = self.site.manage(*command)
            assert made.returncode == 0, made.stderr
        # Only what serves requests: making tables may take longer.
        self.site.variables["QC_DATABASE_SECONDS"] = str(REQUEST_SECONDS)

    def sign_in(self, name: str) -> dict[str, Any]:
        credentials = {"username": name, "password": "demo"}
        answer = self.session.post(f"{self.site.url}/login/", json=credentials, timeout=60).json()
        self.session.headers["Authorization"] = f"Token {answer['token']}"
        return answer

    def ask(self, method: str, path: str, **body: Any) -> requests.Response:
        return self.session.request(method, self.site.url + path, json=body or None, timeout=60)

    def run(self, sql: str) -> list[Any]:
        with closing(self.connect("root")) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall())

    def connect(self, user: str) -> Any:
        import MySQLdb

        port = self.server.port
        return MySQLdb.connect(host=servers.HOST, port=port, user=user, autocommit=True)


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """A site behind a line, with two people and some tasks; each request waits two seconds."""
    with servers.private_mariadb(*SMALL) as server, line_to(server.port) as line:
        floor = Floor(Site(tmp_path_factory.mktemp("site")), server, line)
        floor.set_up()
        floor.site.start_web()
        floor.sign_in("qc1")
        yield floor
        line.mend()
        floor.site.stop()


def assert_said(page: requests.Response, call: requests.Response) -> None:
    """Say it in words to people, and as JSON to programs."""
    assert (page.status_code, call.status_code) == (503, 503)
    assert "The database can" in page.text
    assert call.json()["detail"].startswith("The database can")
    assert page.headers["Retry-After"] == call.headers["Retry-After"] == "5"


def look_and_call(floor: Floor) -> tuple[requests.Response, requests.Response]:
    page = requests.get(
        f"{floor.site.url}/admin/my-work/", cookies={"sessionid": "a" * 32}, timeout=60
    )
    return page, floor.ask("GET", "/dashbord/")


def fill(floor: Floor) -> None:
    while True:
        floor.run(FILL)


def answer_to(floor: Floor, method: str, path: str, **body: Any) -> dict[str, Any]:
    """Return what a call is answered in the end: each thread may have a connection that is lost."""

    def answer() -> dict[str, Any] | None:
        response = floor.ask(method, path, **body)
        return response.json() if response.status_code == 200 else None

    return until(answer, within=30)


def held(floor: Floor) -> dict[str, Any]:
    (task,) = answer_to(floor, "GET", "/dashbord/")["me"]["tasks"]
    return task


def assert_work_goes_on(floor: Floor) -> None:
    task = held(floor)
    completed = answer_to(floor, "POST", f"/taskcomplete/{task['id']}/", outcome="passed")
    assert completed["next"], completed
    assert_sound(floor.site)
    assert "Traceback" not in floor.site.printed_by("web")


def test_black_hole(floor: Floor) -> None:
    floor.site.start_sweeps()
    floor.line.swallow()
    assert_said(*look_and_call(floor))
    Event().wait(AWAY_SECONDS)
    floor.line.mend()
    assert_work_goes_on(floor)
    floor.run("UPDATE qc_desk.qc_user SET last_seen_at = '2000-01-01' WHERE username = 'qc1'")
    gone = "SELECT 1 FROM qc_desk.qc_user WHERE username = 'qc1' AND NOT is_logged_in"
    until(lambda: floor.run(gone), within=30)
    floor.sign_in("qc1")
    for name in ("beat", "sweeper"):
        floor.site.terminate(name)


def test_no_connection_left(floor: Floor) -> None:
    most = floor.run("SELECT @@max_connections")[0][0]
    with ExitStack() as stack:
        # Root may have one more than anybody else.
        stack.callback(floor.run, f"SET GLOBAL max_connections = {most}")
        floor.run("SET GLOBAL max_connections = 10")
        for (pk,) in floor.run(f"SELECT id FROM {PROCESSES} WHERE user = '{USER}'"):
            floor.run(f"KILL {pk}")
        until(lambda: not floor.run(f"SELECT id FROM {PROCESSES} WHERE user = '{USER}'"))
        for _ in range(10):
            stack.enter_context(closing(floor.connect(USER)))
        assert_said(*look_and_call(floor))
    assert_work_goes_on(floor)


def test_full_disk(floor: Floor) -> None:
    import MySQLdb

    task = held(floor)
    floor.run("CREATE TABLE qc_desk.filler (text TEXT)")
    with pytest.raises(MySQLdb.OperationalError, match="full"):
        fill(floor)
    refused = [
        floor.ask("POST", f"/taskcomplete/{task['id']}/", outcome="passed", notes="x" * 9_000)
        for _ in range(3)
    ]
    assert {answer.status_code for answer in refused} == {503}, [one.text for one in refused]
    enlarge_disk(floor)
    assert_work_goes_on(floor)


def enlarge_disk(floor: Floor) -> None:
    """Give the database more room, for which it starts anew: to drop a table takes some, too."""
    server = floor.server
    server.stop()
    server.command = [one.replace(SMALL_DISK, LARGE_DISK) for one in server.command]
    server.start()
