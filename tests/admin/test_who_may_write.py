"""Every address is tried with every method: nobody writes what they may not write."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby, product
from operator import attrgetter
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from qc.models import Queue, Task, User
from qc.work import actions, bulk_changes
from tests.admin.addresses import Address, every_address, sent
from tests.admin.conftest import change, signed_in
from tests.databases import on_sqlite
from tests.imports.files import HEAD, import_file

pytestmark = [pytest.mark.django_db, on_sqlite]

SESSION = settings.SESSION_COOKIE_NAME
READS = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK)\b")
# What any request may write, and why.
ALWAYS = {
    r"INSERT INTO qc_auditevent": "what was read or exported is recorded",
    r"\w+ (INTO |FROM )?django_session": "their messages wait in their own session",
    r"UPDATE qc_user SET last_seen_at": "when they were last seen",
}
PERSON = r"UPDATE qc_user|INSERT INTO qc_historicaluser"
PRESENCE = "take_break|come_back|logout|api_logout"
# By address, what users may write of their own; it is checked that nothing of others changed.
OWN = {
    PRESENCE: PERSON,
    "my_settings|password_change": PERSON,
    # Tried with an unknown name.
    "login|api_login": r"\w+ (INTO )?axes_\w+",
}
# Of QC staff: the tasks they hold, and those handed out to them.
WORK = {
    # The dashboard delivers: what it shows to its person is started.
    f"my_work_.*|api_taskcomplete|api_dashboard|{PRESENCE}": (
        r"UPDATE qc_(user|task)|INSERT INTO qc_(historical(user|task)|handback)"
    )
}
# What auditors must be able to read: each of these pages, of each object.
READ = {
    *("qc_task_changelist", "qc_task_change", "qc_task_history"),
    *("qc_user_changelist", "qc_user_change", "qc_user_history"),
    *("qc_queue_changelist", "qc_queue_change", "qc_queue_history"),
    *("floor", "floor_panel", "floor_charts", "floor_why_person", "floor_why_queue"),
    *("imports", "import", "import_panel", "import_file", "import_refused", "api_import"),
    *("reports", "reports_csv", "reports_xlsx", "reports_json", "qc_task_export"),
    *("trail", "trail_row", "trail_csv", "trail_xlsx", "trail_jsonl"),
    *("floor_history", "floor_history_thing"),
    *("search", "api_dashboard", "my_settings"),
}


@pytest.fixture
def sample_data(
    anna: User,
    ben: User,
    carla: User,
    mona: User,
    invoices: Queue,
    labels: Queue,
    add_task: Callable[..., Task],
) -> None:
    """A task in each state, Anna and Ben at work, Carla free, imports, a bulk change, a lock-out.

    The first of each kind can be edited: what its form sends is sent to the others too.
    """
    _annas, done, _bens, held, cancelled, _waiting = [add_task(invoices) for _ in range(6)]
    signed_in(anna, ben, carla)
    actions.hand_out_to(anna.pk)
    actions.assign(done.pk, ben.pk, by=mona, reason="Yours.")
    actions.complete(done.pk, by=ben, outcome="passed", notes="Fine.")
    actions.hold(held.pk, by=mona, reason="Wait.")
    actions.cancel(cancelled.pk, by=mona, reason="Wrong.")
    actions.take_break(ben.pk, by=mona, reason="Lunch.")
    actions.pause(labels.pk, by=mona, reason="No light.")
    Queue.objects.create(name="Empty", target=timedelta(hours=1))
    import_file(HEAD + "A,Check,Labels\nB,Check,Nowhere\n", by=mona, only_good=True)
    import_file(HEAD + "C,Check,Labels\n", by=mona, dry_run=True)
    bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="Wait.")
    Client().post(reverse("admin:login"), {"username": "anna", "password": "wrong"})


@contextmanager
def captured_writes() -> Iterator[list[str]]:
    """Collect the statements that write something, and roll them back afterwards."""
    statements: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READS.match(sql):
            statements.append(sql.replace('"', ""))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield statements
        transaction.set_rollback(True)


def rows_of_others(user: User) -> list[Any]:
    """Return all people but one, and the tasks that others hold or have completed."""
    people = User.objects.exclude(pk=user.pk).order_by("pk").values()
    tasks = Task.objects.filter(assignee__isnull=False).exclude(assignee=user).order_by("pk")
    return [*people, *tasks.values()]


def not_allowed(statements: list[str], allowed: list[str]) -> list[str]:
    """Return those of the statements that are not allowed."""
    return [one for one in statements if not any(re.match(some, one) for some in allowed)]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Visitor:
    """A user who sends requests, each of which is rolled back after it was checked."""

    def __init__(self, user: User, own: dict[str, str]) -> None:
        self.user, self.own = user, own
        self.client = client_of(user)
        self.cookie = self.client.cookies[SESSION].value
        self.before = rows_of_others(user)

    def send(self, method: str, address: Address, data: dict[str, Any] | None = None) -> int:
        """Return the status of a response. Raise AssertionError if the request writes too much."""
        # Signing out deletes it.
        self.client.cookies[SESSION] = self.cookie
        with captured_writes() as statements:
            answer = getattr(self.client, method)(address.path, data or {})
            b"".join(answer)
            theirs = [what for names, what in self.own.items() if re.fullmatch(names, address.name)]
            request = (method, address, data, answer.status_code)
            assert answer.status_code < 500, request
            assert not not_allowed(statements, [*ALWAYS, *theirs]), (request, statements)
            if not_allowed(statements, [*ALWAYS]):
                assert rows_of_others(self.user) == self.before, request
        return int(answer.status_code)


def forms_on(path: str, pages: Client) -> list[dict[str, Any]]:
    """Return what the forms of a page may send, as a superuser sees it."""
    with captured_writes():
        page = pages.get(path)
        return list(sent("" if page.streaming else page.content.decode(errors="replace")))


def try_everything(
    user: User, root: User, own: dict[str, str], methods: Iterable[str] = ()
) -> dict[str, set[int]]:
    """Try every address by GET and POST, and one of each pattern by the other methods.

    Return the statuses of the GET responses for each pattern.
    """
    pages, visitor = client_of(root), Visitor(user, own)
    answers: dict[str, set[int]] = {}
    for name, some in groupby(every_address(), attrgetter("name")):
        addresses = list(some)
        for method in methods:
            visitor.send(method, addresses[0])
        answers[name] = {visitor.send("get", one) for one in addresses}
        for address, data in product(addresses, forms_on(addresses[0].path, pages)):
            visitor.send("post", address, data)
    return answers


def test_auditor_reads_everything_and_writes_nothing(
    sample_data: None, otto: User, root: User
) -> None:
    methods = ("head", "put", "patch", "delete", "options")
    answers = try_everything(otto, root, OWN, methods)
    assert {name for name in READ if answers[name] != {200}} == set()


def test_auditor_reads_the_whole_history_on_three_pages(
    otto_client: Client, anna: User, sample_data: None
) -> None:
    task = otto_client.get(change(Task.objects.get(assignee=anna)))
    assert task.context["timeline"]
    assert task.context["life"]
    assert otto_client.get(change(anna)).context["day"]
    assert "qc-seals" in otto_client.get(reverse("admin:trail")).content.decode()


def test_qc_staff_change_no_other_person_and_no_other_s_task(
    sample_data: None, anna: User, root: User
) -> None:
    answers = try_everything(anna, root, OWN | WORK)
    assert answers["my_work"] == {200}
