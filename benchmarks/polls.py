"""An open page asks whether anything is new, and nothing is: looked at in full, and by its look."""

import io
import re
import time
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks import floor, raw
from benchmarks.report import Table, middle, ms

PEOPLE = 50
ROUNDS = 7
EACH = 50
NOTHING_NEW = "204 No Content"
# By page: its panel's address, and the right to see it.
PAGES = {
    "My work": ("/admin/my-work/panel/", "work_task"),
    "Floor": ("/admin/floor/panel/", "view_task"),
}
AS_GUNICORN = {
    "REQUEST_METHOD": "GET",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "HTTP_HOST": "localhost",
    "HTTP_HX_REQUEST": "true",
    "HTTP_QC_ACTIVE": "no",
    "wsgi.url_scheme": "http",
}


class Cost(NamedTuple):
    """What a question takes: statements, and seconds of CPU."""

    statements: int
    cpu: float


class Page:
    """An open page of person 1, who may see it."""

    def __init__(self, path: str, right: str) -> None:
        from django.contrib.auth.models import Permission
        from django.test import Client

        from qc.models import User

        self.path = path
        self.person = User.objects.get(pk=1)
        self.person.user_permissions.add(Permission.objects.get(codename=right))
        self.client = Client(HTTP_HOST="localhost")
        self.client.force_login(User.objects.get(pk=1))

    def round(self) -> tuple[Cost, Cost]:
        """Return what both ways cost now; once more where the page has changed meanwhile."""
        drawn_for = f"{self.person.pk}/{self.person.username}"
        while True:
            panel = self.client.get(self.path, headers={"QC-Drawn-For": drawn_for}).content.decode()
            seen = re.search(r'seen(?:=|": ")([^"]+)"', panel)[1]  # type: ignore[index]
            look = re.search(r'data-look="([^"]+)"', panel)[1]  # type: ignore[index]
            full = self.cost(f"seen={seen}")
            held = "".join(re.findall(r'"held": "([^"]+)"', panel))
            query = f"seen={seen}&held={held}&look={look}"
            light = self.cost(query, HTTP_QC_DRAWN_FOR=drawn_for)
            if full and light:
                return full, light

    def cost(self, query: str, **headers: str) -> Cost | None:
        """Return what a question costs; None where something is new."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            self.ask(query, headers)
        statements = len(queries)
        begun = time.process_time()
        answers = {self.ask(query, headers) for _ in range(EACH)}
        cpu = (time.process_time() - begun) / EACH
        return Cost(statements, cpu) if answers == {NOTHING_NEW} else None

    def ask(self, query: str, headers: dict[str, str]) -> str:
        """Ask as gunicorn passes it on; return the status."""
        from config.wsgi import application

        cookie = f"sessionid={self.client.cookies['sessionid'].value}"
        request = {"PATH_INFO": self.path, "QUERY_STRING": query, "HTTP_COOKIE": cookie}
        answers: list[str] = []
        environ = AS_GUNICORN | headers | request | {"wsgi.input": io.BytesIO()}
        application(environ, lambda status, _headers: answers.append(status)).close()
        return answers[0]


def run() -> Table:
    """Ask in both ways in turn, on each page, and return the table."""
    floor.clear()
    floor.add_queues()
    floor.add_people(PEOPLE)
    floor.add_tasks(2_000)
    for person in range(1, PEOPLE // 2):
        raw.claim(person)
    # So that what is shown of them changes at the same moments, and not all the time.
    floor.run("UPDATE qc_user SET idle_since = NOW(6)")
    floor.run("UPDATE qc_task SET assigned_at = NOW(6) WHERE status = 'assigned'")
    floor.run("UPDATE qc_task SET due_at = NOW(6) + INTERVAL 1 DAY")
    table = Table(
        "Polls: a page asks, and nothing is new",
        "In full, as each question was before, and by what the page has seen; CPU of Python and the"
        f" driver, without the server's. {PEOPLE} people, half of them with a task, 2,000 waiting."
        f" Medians of {ROUNDS} rounds in turn.",
        ["page", "in full: statements", "CPU", "by its look: statements", "CPU"],
    )
    for name, (path, right) in PAGES.items():
        page = Page(path, right)
        add_row(table, name, [page.round() for _ in range(ROUNDS)])
    return table


def add_row(table: Table, page: str, rounds: list[tuple[Cost, Cost]]) -> None:
    """Add the medians of a page to the table, and whether they are what they must be."""
    full, light = (
        Cost(*map(middle, zip(*each, strict=True))) for each in zip(*rounds, strict=True)
    )
    table.rows.append([page, full.statements, ms(full.cpu), light.statements, ms(light.cpu)])
    ratio = middle([light.cpu / full.cpu for full, light in rounds])
    table.target(f"{page}: CPU against in full", ratio, at_most=0.35)
    table.target(f"{page}: CPU in ms", 1000 * light.cpu, at_most=1)
    table.target(f"{page}: statements", light.statements, at_most=1)


def medians(costs: Sequence[Cost]) -> Cost:
    """Return the medians of statements and of CPU."""
    return Cost(*map(middle, zip(*costs, strict=True)))
