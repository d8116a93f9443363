"""Every address, for everybody: who is let in, what a refusal and a forged request leave alone.

Everybody sends to each address what its own page sends, and a forged POST. Of the other methods,
everybody tries all on the API; on a page each of them one, and so together all. So it is below
/api/v1/, where one place refuses the methods that a call has not.
"""

import logging
import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from knox.models import get_token_model

from qc.models import User
from tests.admin.addresses import Address, every_address
from tests.admin.writes import ALWAYS, captured_writes, not_allowed
from tests.conftest import person
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

# Nora has an account and no role.
EVERYBODY = {"nobody", "nora", "anna", "otto", "mona", "root"}
ROLES = {"anna", "otto", "mona", "root"}
STAFF = {"anna", "mona", "root"}
READERS = {"otto", "mona", "root"}
MANAGERS = {"mona", "root"}
TASK_STEP = "assign|resume|reopen|release|hold|cancel|rework|give_next|take_from_line"
# Whom each pattern is open to, by its name. Whoever adds one says so here.
OPEN_TO: dict[str, set[str]] = {
    "|alive|login|account_login|logout|new_password|api_login": EVERYBODY,
    "index|app_list|admin/qc/.*|admin/axes/.*|jsi18n|search": ROLES,
    "my_settings|password_change(_done)?|take_break|come_back": ROLES,
    "my_work(_.*)?": STAFF,
    "mentions(_read)?|handover(_notes)?": ROLES,
    # Of a queue that Anna is on.
    "handover_(write|acknowledge)": STAFF,
    "task_comment": READERS,
    # Anna's, and for those who may edit her account; the first session of all is Nora's.
    "end_sign_ins": STAFF,
    "end_sign_in": MANAGERS,
    "api_taskcomplete": {"anna"},
    # Mona manages; Anna holds the task.
    "evidence_(add|remove)": ROLES,
    "evidence_(file|thumbnail)|api_(task_files|file|defect_codes)": READERS | {"anna"},
    # Anna does not serve the queue whose plan shows it.
    "item_picture(_thumbnail)?|api_picture": READERS,
    "floor.*|imports?|import_(empty_file|panel|file|refused|undo)|reports.*|trail.*": READERS,
    r"qc_(user|queue|task)_(changelist|history|change)|qc_task_export|api_import": READERS,
    r"check_plan_.*|qc_checkplan_(changelist|history|change|export|preview)": READERS,
    "qc_queue_check_plan": READERS,
    "qc_alert_(changelist|history|change)": READERS,
    "qc_alert_(add|delete|test)": MANAGERS,
    "qc_webhook_(changelist|history|change|deliveries)|webhook_(log|delivery)": READERS,
    "qc_webhook_(add|delete|send_test|new_secret|pause|resume|switch_on)": {"root"},
    "webhook_(rotate|test|redeliver(_failed)?)": {"root"},
    "qc_defectcode_(changelist|history|change|export)": READERS,
    "qc_(user|queue)_export": READERS,
    "qc_(user|queue)_(process_)?import|matrix": MANAGERS,
    "qc_defectcode_(add|(process_)?import|switch_off|switch_on|delete)": MANAGERS,
    "qc_checkplan_(add|(process_)?import|copy_plan|retire)": MANAGERS,
    "task_record|task_view_save": READERS,
    # A shared view of Mona's.
    "task_view_(change|delete)": MANAGERS,
    "freeze_baseline|remove_baseline": MANAGERS,
    # Mona's own: she has uploaded the one and begun the other.
    "import_(read|begin)|qc_task_bulk.*": {"mona"},
    "import_(again|stop|undo_begin|undo_cancel)|qc_task_(process_)?import|api_imports": MANAGERS,
    f"qc_(queue|task|user)_add|qc_task_({TASK_STEP})_task": MANAGERS,
    "qc_queue_(import_tasks|copy_plan|pause|unpause|reopen|merge|close|delete)": MANAGERS,
    "qc_user_(come_back|take_break|sign_out|unlock|give_next)|auth_user_password_change": MANAGERS,
    "qc_user_(ask_to_anonymise|anonymise|keep_names|reset_second_factor)|status.*": {"root"},
    "qc_servicetoken_(changelist|history|change|add|new_secret|revoke)": {"root"},
    "axes_accessattempt_(changelist|history|delete|change)": {"root"},
    "api_schema|docs": ROLES,
    "api_dashboard|v1_(me|presence(_break)?|queues?|check_plans|defect_codes)": ROLES,
    # To come and go is for those who work.
    "v1_presence_(back|sign_in|sign_out)": STAFF,
    # Of Anna's task, and Anna herself; she does not serve the queue that has a plan.
    "v1_(task_(check|files|defect_codes)|file|person)": READERS | {"anna"},
    "v1_(people|check_plan(_version)?|picture|defects|imports?|report_.*|trail)": READERS,
    "v1_(queue_(pause|resume)|import_(again|stop|undo))": MANAGERS,
    "v1_import_begin": {"mona"},
    # Anna holds the task; who has no business with it is refused before or after what they sent.
    "v1_task": READERS | {"anna"},
    "v1_events": READERS,
    "v1_tasks|v1_task_(claim|release|comment)": ROLES,
    "v1_task_(start|complete|undo)": {"anna"},
    "v1_task_(assign|hold|resume|cancel|reopen|give_next)": MANAGERS,
    "api_logout": EVERYBODY - {"nobody"},
    "account_reauthenticate|mfa_(index|activate_totp|.*webauthn|view_recovery_codes)": ROLES,
    # To the sign-in, unless a sign-in waits.
    "still_here|mfa_authenticate": set(),
    # Unless the settings name a provider.
    "openid_connect_.*": set(),
    # Django's own, of which nothing here makes use.
    r"autocomplete|view_on_site|qc_(user|task|checkplan|servicetoken)_delete": set(),
    "axes_accessattempt_add": set(),
    r"qc_(user|task|queue)_simple_history|admin/\(\?P<url>.*": set(),
}
POST_ONLY = (
    r"my_work_(?!panel).*|take_break|come_back|end_sign_ins?|logout|qc_task_bulk_.*|"
    r"import_(read|begin|again|stop|undo_.*)|qc_(checkplan|defectcode|user|queue)_process_import|"
    r"api_(login|logout|taskcomplete|imports)|evidence_(add|remove)|task_view_.*|"
    r"v1_task_(?!check|files|defect_codes).*|"
    r"v1_(presence_.*|queue_(pause|resume)|import_(begin|again|stop|undo))|"
    r"task_comment|mentions_read|handover_(write|acknowledge)|"
    r"webhook_redeliver(_failed)?"
)
OTHERS = ("head", "options", "put", "patch", "delete")
UNSAFE = ("post", "put", "patch", "delete")
# The step of a bulk change that comes next. /api/v1/ refuses a field that it does not know.
POSTED = {"position": "0"}
V1 = "/api/v1/"
# By GET, the dashboard of a program starts what it shows to its person.
DELIVERY = r"UPDATE qc_task|INSERT INTO qc_historicaltask"
# Whoever reads events has those that are new numbered first.
NUMBERING = r"INSERT INTO qc_taskevent |UPDATE qc_taskeventlog "
WRITTEN_BY_GET = {"api_dashboard": [DELIVERY], "v1_events": [NUMBERING]}
REFUSALS = (401, 403, 404)


class Sent(NamedTuple):
    """What a request was answered, and what it wrote beyond what any may."""

    answer: Any
    written: list[str]

    @property
    def is_let_in(self) -> bool:
        to_sign_in = self.answer.headers.get("Location", "").startswith(reverse("admin:login"))
        return self.answer.status_code not in REFUSALS and not to_sign_in


class Visitor:
    """Somebody with a session, with a token or with neither; their requests are rolled back."""

    def __init__(self, name: str, user: User | None = None, token: str = "") -> None:
        self.name, self.is_token = name, bool(token)
        signs = {"Authorization": f"Token {token}"} if token else {}
        self.client = Client(raise_request_exception=False, headers=signs)
        # Has no token against forgery; parts of pages are refused in one line.
        part = {"HX-Request": "true", **signs}
        self.part = Client(raise_request_exception=False, enforce_csrf_checks=True, headers=part)
        if user and not token:
            self.client.force_login(user)
        self.cookies = dict(self.client.cookies)

    def send(self, method: str, path: str) -> Sent:
        """Send what a page of ours would."""
        return self._send(self.client, method, path)

    def forge(self, method: str, path: str) -> Sent:
        """Send what a page of somebody else could: their browser adds the session."""
        return self._send(self.part, method, path)

    def _send(self, client: Client, method: str, path: str) -> Sent:
        # Signing out takes it away.
        client.cookies.clear()
        client.cookies.update(self.cookies)
        data = {"data": POSTED} if method == "post" and not path.startswith(V1) else {}
        with captured_writes() as statements:
            answer = getattr(client, method)(path, **data)
            b"".join(answer)
        return Sent(answer, not_allowed(statements, [*ALWAYS]))

    def is_expected(self, address: Address) -> bool:
        """Return whether an address is open to them; tokens are for the API only."""
        audiences = [who for name, who in OPEN_TO.items() if re.fullmatch(name, address.name)]
        assert len(audiences) == 1, f"OPEN_TO must say once whom {address} is open to"
        [audience] = audiences
        return ("nobody" if self.is_token and is_page(address) else self.name) in audience


def is_page(address: Address) -> bool:
    return not address.name.startswith(("api_", "v1_"))


def faults(visitor: Visitor, address: Address, others: Collection[str]) -> Iterator[Any]:
    """Yield what is wrong about an address for a visitor; `others` are tried beside a POST."""
    own = "post" if re.fullmatch(POST_ONLY, address.name) else "get"
    sent = visitor.send(own, address.path)
    request = (visitor.name, own, address.name, sent.answer.status_code)
    if sent.is_let_in != visitor.is_expected(address):
        yield (*request, "let in" if sent.is_let_in else "refused")
    if "Content-Security-Policy" not in sent.answer:
        yield (*request, "no policy")
    if is_too_much(sent, address, may_write=own == "post" and sent.is_let_in):
        yield (*request, sent.written)
    for method in ("post", *others):
        forged = visitor.forge(method, address.path)
        may_write = visitor.is_token and sent.is_let_in and method in UNSAFE
        if is_too_much(forged, address, may_write=may_write):
            yield (visitor.name, f"forged {method}", address.name, forged.written)


def is_too_much(sent: Sent, address: Address, *, may_write: bool) -> bool:
    """Return whether a request wrote what it may not, or was too much for the site."""
    allowed = WRITTEN_BY_GET.get(address.name, [])
    is_broken = sent.answer.status_code >= 500
    return is_broken or (not may_write and bool(not_allowed(sent.written, allowed)))


@pytest.fixture
def visitors(anna: User, otto: User, mona: User, root: User) -> list[Visitor]:
    people = [person("nora"), anna, otto, mona, root]
    tokens = {one: get_token_model().objects.create(user=one)[1] for one in people}
    with_session = [Visitor(one.username, one) for one in people]
    with_token = [Visitor(one.username, one, token) for one, token in tokens.items()]
    return [Visitor("nobody"), *with_session, *with_token]


def test_each_address_lets_in_those_it_is_meant_for_and_a_refusal_writes_nothing(
    sample_data: None, visitors: list[Visitor], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    first = {one.name: one for one in reversed(every_address())}
    found = []
    for turn, visitor in enumerate(visitors):
        # Of links that are not valid, an address may open some.
        cache.clear()
        for place, address in enumerate(first.values()):
            if is_page(address) and visitor.is_token and visitor.name != "root":
                continue  # To pages one token is as good as another.
            at = (turn + place) % len(OTHERS)
            others = OTHERS if address.name.startswith("api_") else OTHERS[at : at + 1]
            found += faults(visitor, address, others)
    assert found == [], "\n".join(map(str, found))
