"""`kill -9` of MariaDB in the middle of 16 clients' work: nothing is lost, and all goes on."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
import requests

from config.mysql.base import FRESH_SECONDS
from tests import servers
from tests.databases import needs_mariadb, on_mariadb
from tests.system.clients import Client, answers, assert_done_once, at_work
from tests.system.site import Site, assert_sound
from tests.waiting import until

PEOPLE, TASKS = 16, 400
AWAY_SECONDS = 5

COMPLETIONS = (
    "SELECT done.id, username FROM qc_desk.qc_historicaltask done "
    "JOIN qc_desk.qc_user person ON person.id = done.assignee_id WHERE done.kind = 'completed'"
)
LONG_GONE = "UPDATE qc_desk.qc_user SET last_seen_at = '2000-01-01' WHERE username = 'qc1'"
STILL_THERE = "SELECT 1 FROM qc_desk.qc_user WHERE username = 'qc1' AND is_logged_in"


@pytest.fixture
def mariadb() -> Iterator[servers.Server]:
    """A MariaDB that loses nothing it has confirmed, with an empty database."""
    with servers.private_mariadb("--innodb-flush-log-at-trx-commit=1") as server:
        run(server, "CREATE DATABASE qc_desk CHARACTER SET utf8mb4")
        yield server


@pytest.fixture
def filled_site(site: Site, mariadb: servers.Server) -> Site:
    site.variables = {
        "DATABASE_URL": f"mysql://root:@{servers.HOST}:{mariadb.port}/qc_desk",
        "SECRET_KEY": "k" * 60,
        "QC_HTTPS": "off",
    }
    size = (f"--people={PEOPLE}", f"--tasks={TASKS}", "--queues=3", "--yes-production")
    for command in (("migrate",), ("demo_data", *size)):
        assert site.manage(*command).returncode == 0
    return site


def run(server: servers.Server, sql: str) -> list[Any]:
    """Run a statement in the site's database; return its rows."""
    import MySQLdb

    connection = MySQLdb.connect(
        host=servers.HOST, port=server.port, user="root", charset="utf8mb4", autocommit=True
    )
    cursor = connection.cursor()
    cursor.execute(sql)
    rows = list(cursor.fetchall())
    connection.close()
    return rows


def ask_while_away(site: Site) -> tuple[requests.Response, requests.Response]:
    """Ask for a page and for a call of the API, by somebody who seems to be signed in."""
    credentials = {"username": "qc1", "password": "demo"}
    page = requests.get(f"{site.url}/admin/my-work/", cookies={"sessionid": "a" * 32}, timeout=30)
    return page, requests.post(f"{site.url}/login/", json=credentials, timeout=30)


@on_mariadb
@needs_mariadb
def test_killed_mariadb_loses_nothing_and_processes_reconnect(
    filled_site: Site, mariadb: servers.Server
) -> None:
    site = filled_site
    site.start_web()
    site.start_jobs()
    clients = [Client(site.url, f"qc{n}", patience=60) for n in range(1, PEOPLE + 1)]
    with at_work(clients) as shift:
        until(lambda: shift.done() > 120, within=60)
        mariadb.kill()
        Event().wait(AWAY_SECONDS)
        page, call = ask_while_away(site)
        mariadb.start()
        back = shift.done()
        until(lambda: shift.done() > back + 50, within=60)
        faults_while_away = answers(clients)[503]

    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "The database can" in page.text
    assert (call.status_code, call.headers["Retry-After"]) == (503, "5")
    assert call.json()["detail"].startswith("The database can")
    assert "Traceback" not in site.printed_by("web")

    completions = run(mariadb, COMPLETIONS)
    assert_done_once(clients, completions)
    assert len(completions) == TASKS
    assert answers(clients).keys() == {200, 503}
    assert answers(clients)[503] == faults_while_away
    assert_sound(site)
    run(mariadb, LONG_GONE)
    until(lambda: not run(mariadb, STILL_THERE), within=30)

    # In a quiet moment nobody notices: connections that lie idle are tried before they are used.
    mariadb.kill()
    Event().wait(FRESH_SECONDS)
    mariadb.start()
    for client in clients:
        client.look()
    assert answers(clients)[503] == faults_while_away
    assert_sound(site)
    assert all(process.poll() is None for process in site.processes.values())
