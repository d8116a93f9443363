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
# What reading may write.
ALWAYS = {
    r"INSERT INTO qc_auditevent": "what was read or taken along is on record",
    r"\w+ (INTO |FROM )?django_session": "their messages wait in their own session",
    r"UPDATE qc_user SET last_seen_at": "that they are still there",
}
PERSON = r"UPDATE qc_user|INSERT INTO qc_historicaluser"
PRESENCE = "take_break|come_back|logout|api_logout"
# By address, what is somebody's own and not read; it is looked whether it was theirs alone.
OWN = {
    PRESENCE: PERSON,
    "my_settings|password_change": PERSON,
    # Tried with a name that is nobody's.
    "login|api_login": r"\w+ (INTO )?axes_\w+",
}
# Of who works: the tasks in their hands too, and what is handed out to them.
WORK = {
    f"my_work_.*|api_taskcomplete|{PRESENCE}": (
        r"UPDATE qc_(user|task)|INSERT INTO qc_historical(user|task)"
    )
}
# What an auditor must be able to read: each of these pages, of each thing there is.
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
def a_house(
    anna: User,
    ben: User,
    carla: User,
    mona: User,
    invoices: Queue,
    labels: Queue,
    add_task: Callable[..., Task],
) -> None:
    """A task in each state, Anna and Ben at work, Carla free, imports, a change of many, a lock.

    The first of each kind can be edited: what its form sends is sent to the others too.
    """
    _annas, done, _bens, held, cancelled, _waiting = [add_task(invoices) for _ in range(6)]
    signed_in(anna, ben, carla)
    actions.supply(anna.pk)
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
def written() -> Iterator[list[str]]:
    """Return what is written inside, and takes it back afterwards."""
    statements: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not READS.match(sql):
            statements.append(sql.replace('"', ""))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(watch):
        yield statements
        transaction.set_rollback(True)


def others(user: User) -> list[Any]:
    """Return all people but one, and the tasks that are in the hands of others."""
    people = User.objects.exclude(pk=user.pk).order_by("pk").values()
    tasks = Task.objects.filter(assignee__isnull=False).exclude(assignee=user).order_by("pk")
    return [*people, *tasks.values()]


def beyond(statements: list[str], allowed: list[str]) -> list[str]:
    """Return those of the statements that are not allowed."""
    return [one for one in statements if not any(re.match(some, one) for some in allowed)]


def at_the_door(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Visitor:
    """Somebody who tries everything; each request is taken back after it was looked at."""

    def __init__(self, user: User, own: dict[str, str]) -> None:
        self.user, self.own = user, own
        self.client = at_the_door(user)
        self.cookie = self.client.cookies[SESSION].value
        self.before = others(user)

    def asks(self, method: str, address: Address, data: dict[str, Any] | None = None) -> int:
        """Return how a request is answered. Fails if it writes what is not theirs to write."""
        # Signing out forgets it.
        self.client.cookies[SESSION] = self.cookie
        with written() as statements:
            answer = getattr(self.client, method)(address.path, data or {})
            b"".join(answer)
            theirs = [what for names, what in self.own.items() if re.fullmatch(names, address.name)]
            request = (method, address, data, answer.status_code)
            assert answer.status_code < 500, request
            assert not beyond(statements, [*ALWAYS, *theirs]), (request, statements)
            if beyond(statements, [*ALWAYS]):
                assert others(self.user) == self.before, request
        return int(answer.status_code)


def forms_at(path: str, pages: Client) -> list[dict[str, Any]]:
    """Return what may be sent from a page as who may everything sees it."""
    with written():
        page = pages.get(path)
        return list(sent("" if page.streaming else page.content.decode(errors="replace")))


def try_everything(
    user: User, root: User, own: dict[str, str], methods: Iterable[str] = ()
) -> dict[str, set[int]]:
    """Try every address by GET and POST, and one of each pattern by the other methods.

    Gives how those of each pattern answered a GET.
    """
    pages, visitor = at_the_door(root), Visitor(user, own)
    answers: dict[str, set[int]] = {}
    for name, some in groupby(every_address(), attrgetter("name")):
        addresses = list(some)
        for method in methods:
            visitor.asks(method, addresses[0])
        answers[name] = {visitor.asks("get", one) for one in addresses}
        for address, data in product(addresses, forms_at(addresses[0].path, pages)):
            visitor.asks("post", address, data)
    return answers


def test_auditor_reads_everything_and_writes_nothing(a_house: None, otto: User, root: User) -> None:
    methods = ("head", "put", "patch", "delete", "options")
    answers = try_everything(otto, root, OWN, methods)
    assert {name for name in READ if answers[name] != {200}} == set()


def test_auditor_reads_the_whole_history_on_three_pages(
    otto_at_the_desk: Client, anna: User, a_house: None
) -> None:
    task = otto_at_the_desk.get(change(Task.objects.get(assignee=anna)))
    assert task.context["timeline"]
    assert task.context["life"]
    assert otto_at_the_desk.get(change(anna)).context["day"]
    assert "qc-seals" in otto_at_the_desk.get(reverse("admin:trail")).content.decode()


def test_qc_staff_change_no_other_person_and_no_other_s_task(
    a_house: None, anna: User, root: User
) -> None:
    answers = try_everything(anna, root, OWN | WORK)
    assert answers["my_work"] == {200}
