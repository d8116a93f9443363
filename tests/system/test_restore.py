"""The commands of docs/backup.md: a backup while people work, and all that was restored from it."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from qc.audit.seals import external_copies, sealing
from qc.models import Queue, Seal, Task, User
from tests.system.browsers import Browser
from tests.system.clients import Client, at_work
from tests.system.records import completions
from tests.system.site import ROOT, START_SECONDS, Site, is_embedded
from tests.waiting import until

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = 4, 150
DOCUMENT = (ROOT / "docs" / "backup.md").read_text()
HEADING = "The embedded default" if is_embedded() else "MariaDB and MySQL"
BACKUP, RESTORE = re.findall(r"```\n(.+?)```", DOCUMENT.split(f"## {HEADING}")[1], re.DOTALL)[:2]
AFTER = DOCUMENT.split("## After a restore")[1].split("```")[1].split()

pytestmark = pytest.mark.skipif(
    not is_embedded() and not shutil.which("mariadb-dump"),
    reason="there is no mariadb-dump on this machine: apt-get install -y mariadb-client",
)


class Operator:
    """Runs the commands of the document in a folder, on this test's database."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site
        self.database = str(connection.settings_dict["NAME"])
        if is_embedded():
            (folder / "var").symlink_to(site.folder)
        else:
            where = {name.lower(): connection.settings_dict[name] for name in ("HOST", "PORT")}
            lines = [f"{name}={value}" for name, value in where.items() if value]
            user = f"user={connection.settings_dict['USER']}"
            (folder / ".my.cnf").write_text("\n".join(["[client]", user, "protocol=tcp", *lines]))

    @property
    def restored(self) -> str:
        return f"{self.database}_restored"

    def run(self, commands: str) -> None:
        names = {"qc_restored": self.restored, " qc_desk\n": f" {self.database}\n"}
        for ours, theirs in names.items():
            commands = commands.replace(ours, theirs)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={"PATH": path, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def restored_site(self) -> Site:
        """Return a site on what was restored, none of whose processes runs yet."""
        if is_embedded():
            return Site(self.folder / "restored")
        base = os.environ["DATABASE_URL"].rpartition("/")[0]
        folder = self.folder / "restored"
        folder.mkdir()
        (folder / "static").symlink_to(self.site.folder / "static")
        return Site(folder, variables={"DATABASE_URL": f"{base}/{self.restored}"})


@pytest.fixture
def operator(site: Site, tmp_path: Path) -> Iterator[Operator]:
    folder = tmp_path / "operator"
    folder.mkdir()
    operator = Operator(folder, site)
    yield operator
    if not is_embedded():
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{operator.restored}`")


def seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal what is there, as if it had settled."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    sealing.seal()


def test_backup_made_while_people_work_is_restored_whole(
    site: Site,
    operator: Operator,
    queue: Queue,
    hire: Hire,
    pile: Pile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = hire(PEOPLE)
    pile(queue, TASKS)
    site.start_web()
    clients = [Client(site.url, person.username) for person in people]
    with at_work(clients, Client.come_and_go) as shift:
        until(lambda: shift.done() > 20, within=60)
        seal(monkeypatch)
        before, sealed = set(completions()), Seal.objects.count()
        operator.run(BACKUP)
        done = shift.done()
        until(lambda: shift.done() > done + 20, within=60)
        shift.end()
    # What comes after the backup, and is sealed outside, too.
    seal(monkeypatch)
    outside = site.folder / "seals.jsonl"
    external_copies.append(str(outside))
    assert Seal.objects.count() > sealed

    operator.run(RESTORE)
    restored = operator.restored_site()
    for command in filter(None, " ".join(AFTER).split("python manage.py ")):
        checked = restored.manage(*command.split())
        assert checked.returncode == 0, f"{command}: {checked.stdout}{checked.stderr}"
    lost = restored.manage("verify_audit", "--against", str(outside))
    assert lost.returncode == 1
    assert f"the first: Seal {sealed + 1} was deleted" in lost.stderr
    assert before <= work_in(operator) <= set(completions())
    assert_pages_open(restored)


def work_in(operator: Operator) -> set[tuple[int, str]]:
    """Return each completion in the restored database."""
    table, people = Task.history.model._meta.db_table, User._meta.db_table
    asked = f"SELECT h.id, p.username FROM {table} h JOIN {people} p ON p.id = h.assignee_id"
    asked += " WHERE h.kind = 'completed'"
    if is_embedded():
        with closing(sqlite3.connect(operator.folder / "restored" / "qc.sqlite3")) as restored:
            return set(restored.execute(asked))
    for name in (table, people):
        asked = asked.replace(f"{name} ", f"`{operator.restored}`.{name} ")
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return set(cursor.fetchall())


def assert_pages_open(site: Site) -> None:
    """People can sign in and are given work."""
    site.start("web")
    try:
        until(site.answers, within=START_SECONDS)
        desk = Browser(site.url, "qc1")
        assert desk.get("/admin/").ok
    finally:
        site.stop()
