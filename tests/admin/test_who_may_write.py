"""Every form is sent by those who may not: nobody writes what they may not write."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain, groupby, product
from operator import attrgetter
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from qc.checks import plans
from qc.models import Alert, DefectCode, EventType, Queue, SavedView, Task, User
from qc.work import actions, bulk_changes, handover
from tests import factors, service_tokens
from tests.admin.addresses import Address, every_address, sent
from tests.admin.conftest import change, signed_in
from tests.admin.writes import ALWAYS, captured_writes, not_allowed
from tests.databases import on_sqlite
from tests.evidence.files import add as add_file
from tests.imports.files import HEAD, import_file
from tests.plans import write_plan
from tests.webhooks.rows import add as add_webhook

pytestmark = [pytest.mark.django_db, on_sqlite]

SESSION = settings.SESSION_COOKIE_NAME
PERSON = r"UPDATE qc_user|INSERT INTO qc_historicaluser"
PRESENCE = "take_break|come_back|logout|api_logout|v1_presence_.*"
# By address, what users may write of their own; it is checked that nothing of others changed.
OWN = {
    PRESENCE: PERSON,
    "my_settings": PERSON,
    # A wrong old password counts as a failed sign-in.
    "password_change": rf"{PERSON}|\w+ (INTO )?axes_\w+",
    # So does a wrong proof of who they are.
    "account_reauthenticate": r"\w+ (INTO )?axes_\w+",
    # Whoever may read the trail may have it verified.
    "trail_verification": r"(INSERT INTO|UPDATE) qc_verification(request)?",
    # Whoever may see a task may comment on it.
    "task_comment|v1_task_comment": r"INSERT INTO qc_historicaltask",
    "end_sign_ins": r"UPDATE qc_(user|signin)|DELETE FROM knox_authtoken",
    "task_view_save": "INSERT INTO qc_savedview",
    # Whoever reads events has those that are new numbered first.
    "v1_events": "INSERT INTO qc_taskevent |UPDATE qc_taskeventlog ",
    # Tried with an unknown name.
    "login|api_login|account_login": r"\w+ (INTO )?axes_\w+",
}
# Of QC staff: the tasks they hold, and those handed out to them.
WORK = {
    # The dashboard delivers: what it shows to its person is started.
    # Whoever adds a file to a task has it in front of them.
    # So do the calls of who holds a task.
    f"my_work_.*|evidence_add|api_taskcomplete|api_dashboard|v1_task_.*|{PRESENCE}": (
        r"UPDATE qc_(user|task)|INSERT INTO qc_(historical(user|task)|handback)"
    ),
    "handover_(write|acknowledge)": "INSERT INTO qc_(handover|auditevent)",
    "evidence_(add|remove)|v1_task_files": "(INSERT INTO|UPDATE) qc_evidence",
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
    *("trail_verification", "trail_verification_panel"),
    *("qc_webhook_changelist", "qc_webhook_change", "webhook_log", "webhook_delivery"),
    *("floor_history", "floor_history_thing"),
    *("search", "api_dashboard", "my_settings", "v1_tasks", "v1_task", "v1_events"),
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
    factors.give_app(ben)
    DefectCode.objects.create(code="SCR", name="Scratch")
    SavedView.objects.create(owner=mona, name="Mine", is_shared=True)
    handover.write(invoices.pk, "The scanner is broken.", by=mona)
    Alert.objects.create(name="Late", late_more_than=1, emails="lead@example.com")
    service_tokens.stored(mona)
    add_webhook(held, EventType.HELD)
    plans.publish(write_plan(labels, {"question": "Is the label straight?"}), mona)
    add_file(Task.objects.get(assignee=anna), anna)
    Queue.objects.create(name="Empty", target=timedelta(hours=1))
    import_file(HEAD + "A,Check,Labels\nB,Check,Nowhere\n", by=mona, only_good=True)
    import_file(HEAD + "C,Check,Labels\n", by=mona, dry_run=True)
    bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="Wait.")
    Client().post(reverse("admin:login"), {"username": "anna", "password": "wrong"})


def rows_of_others(user: User) -> list[Any]:
    """Return all people but one, and the tasks that others hold or have completed."""
    people = User.objects.exclude(pk=user.pk).order_by("pk").values()
    tasks = Task.objects.filter(assignee__isnull=False).exclude(assignee=user).order_by("pk")
    return [*people, *tasks.values()]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class Visitor:
    """A user who sends requests, each of which is rolled back after it was checked."""

    def __init__(self, user: User, client: Client, own: dict[str, str]) -> None:
        self.user, self.client, self.own = user, client, own
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


def addresses_by_name() -> Iterator[list[Address]]:
    """Yield the addresses of each pattern."""
    for _name, some in groupby(every_address(), attrgetter("name")):
        yield list(some)


def test_qc_staff_and_auditor_send_every_form_and_write_only_what_is_their_own(
    sample_data: None, anna: User, otto: User, root: User
) -> None:
    # Signing in writes: all do so before what is there is noted.
    pages, ottos, annas = client_of(root), client_of(otto), client_of(anna)
    visitors = [Visitor(otto, ottos, OWN), Visitor(anna, annas, OWN | WORK)]
    for addresses in addresses_by_name():
        forms = forms_on(addresses[0].path, pages)
        for visitor, address, data in product(visitors, addresses, forms):
            visitor.send("post", address, data)


def test_auditor_reads_everything(sample_data: None, otto: User) -> None:
    auditor = Visitor(otto, client_of(otto), OWN)
    read = [some for some in addresses_by_name() if some[0].name in READ]
    assert {some[0].name for some in read} == READ
    refused = [one for one in chain(*read) if auditor.send("get", one) != 200]
    assert refused == []


def test_auditor_reads_the_whole_history_on_three_pages(
    otto_client: Client, anna: User, sample_data: None
) -> None:
    task = otto_client.get(change(Task.objects.get(assignee=anna)))
    assert task.context["timeline"]
    assert task.context["life"]
    assert otto_client.get(change(anna)).context["day"]
    assert "qc-seals" in otto_client.get(reverse("admin:trail")).content.decode()
