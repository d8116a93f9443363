"""Behind the nginx of deploy/: HTTPS, addresses, uploads, and restarts that nobody notices."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from axes.models import AccessAttempt
from requests.adapters import HTTPAdapter

from qc.models import Import, Queue, Role, Status, Task, User
from tests.conftest import person
from tests.databases import on_mariadb
from tests.system.clients import Client, answers, assert_done_once, at_work, faults
from tests.system.proxy import Proxy, needs_nginx
from tests.system.records import completions
from tests.system.site import START_SECONDS, Site, assert_sound
from tests.system.sockets import SocketUnit
from tests.waiting import until

pytestmark = [on_mariadb, needs_nginx]

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = 6, 600
BEHIND_PROXY = {"QC_HTTPS": "on", "QC_BEHIND_PROXY": "on", "QC_WEB_THREADS": "4"}
MB, MIB = 1_000_000, 1024 * 1024


@dataclass
class Front:
    """An nginx, and two instances of the web behind it."""

    proxy: Proxy
    site: Site
    instances: list[SocketUnit]

    def client(self, name: str) -> Client:
        """Return a client that comes by HTTPS, and never asks twice."""
        client = Client(self.proxy.url, name)
        client.session = self.proxy.session()
        return client


@pytest.fixture(scope="module")
def front(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The same for all tests of this file: a start costs more than any of them."""
    site = Site(tmp_path_factory.mktemp("front"), variables=BEHIND_PROXY)
    site.manage("collectstatic", "--noinput")
    instances = [SocketUnit(site, "web-1"), SocketUnit(site, "web-2")]
    ports = [instance.port for instance in instances]
    proxy = Proxy(site.folder / "nginx", ports, static=site.folder / "static")
    try:
        for instance in instances:
            instance.start()
        proxy.start()
        until(lambda: proxy.session().get(f"{proxy.url}/admin/login/").ok, within=START_SECONDS)
        yield Front(proxy, site, instances)
    finally:
        proxy.stop()
        site.stop()


@pytest.mark.django_db(transaction=True)
def test_pages_come_by_https_with_secure_cookies_and_ids(front: Front, hire: Hire) -> None:
    hire(1)
    proxy, session = front.proxy, front.proxy.session()
    plain = f"http://127.0.0.1:{proxy.plain_port}/admin/"
    led = requests.get(plain, allow_redirects=False, timeout=30)
    assert (led.status_code, led.headers["Location"]) == (308, "https://127.0.0.1/admin/")

    page = session.get(f"{proxy.url}/admin/login/", headers={"X-Request-ID": "of-the-client"})
    assert page.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    noted = proxy.folder / "access.log"
    # It is written once the page has been sent.
    until(lambda: page.headers["X-Request-ID"] in noted.read_text())
    assert "of-the-client" not in noted.read_text()

    form = {
        "username": "qc1",
        "password": "demo",
        "csrfmiddlewaretoken": session.cookies["__Host-csrftoken"],
    }
    signed_in = session.post(page.url, form, headers={"Referer": "https://127.0.0.1/admin/login/"})
    assert "/login/" not in signed_in.url, signed_in.text
    assert {cookie.name for cookie in session.cookies if cookie.secure} >= {
        "__Host-sessionid",
        "__Host-csrftoken",
    }


def test_styles_come_from_the_disk_packed_and_for_good(front: Front) -> None:
    page = front.proxy.session().get(f"{front.proxy.url}/admin/login/").text
    address = next(part for part in page.split('"') if part.endswith(".css"))
    style = front.proxy.session().get(front.proxy.url + address)
    assert style.ok
    assert style.headers["Content-Encoding"] == "gzip"
    assert style.headers["Cache-Control"] == "max-age=31536000, public, immutable"
    # The app names each answer, a file of nginx has no name.
    assert "X-Request-ID" not in style.headers


class From(HTTPAdapter):
    """Calls from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self.address, 0))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("appends", [False, True], ids=["set", "appended"])
def test_address_is_the_clients_whatever_it_claims(front: Front, hire: Hire, appends: bool) -> None:
    hire(1)
    front.proxy.appends = appends
    front.proxy.reload()
    session = front.proxy.session()
    session.mount("https://", From("127.0.0.9"))
    until(lambda: mistyped(front, session) and tried_from() == {"127.0.0.9"})


def mistyped(front: Front, session: requests.Session) -> bool:
    """Forget what was tried, then mistype a password and claim to be elsewhere."""
    AccessAttempt.objects.all().delete()
    claim = {"X-Forwarded-For": "6.6.6.6"}
    wrong = {"username": "qc1", "password": "no"}
    answer = session.post(f"{front.proxy.url}/login/", json=wrong, headers=claim, timeout=30)
    return answer.status_code == 401


def tried_from() -> set[str]:
    return set(AccessAttempt.objects.values_list("ip_address", flat=True))


@pytest.mark.django_db(transaction=True)
def test_upload_of_51_mb_is_taken_and_larger_ones_are_refused_in_words(
    front: Front, queue: Queue
) -> None:
    person("mona", Role.MANAGERS)
    mona = front.client("mona")
    mona.sign_in()
    taken = upload(mona, 51 * MB)
    assert taken.status_code == 202, taken.text
    assert Import.objects.get().file_name == "tasks.csv"

    # A little too large: QC Desk says how large it may be.
    refused = upload(mona, 52 * MIB)
    assert refused.status_code == 400
    assert refused.json()["file"] == ["The file is too large: at most 50.0\xa0MB are allowed."]
    # Far too large: nginx says it, and takes none of it.
    far = upload(mona, 70 * MB)
    assert (far.status_code, far.headers["Content-Type"]) == (413, "application/json")
    assert "too large" in far.json()["detail"]
    page = upload(mona, 70 * MB, "/admin/imports/new/", {"Accept-Language": "de"})
    assert (page.status_code, page.headers["Content-Type"]) == (413, "text/html")
    assert "Die Datei ist zu groß" in page.content.decode()


def upload(
    client: Client, size: int, path: str = "/api/imports/", headers: dict[str, str] | None = None
) -> requests.Response:
    """Send a file of so many bytes, with tasks that have long instructions."""
    lines = ["reference,name,queue,instructions\n"]
    lines += [f"R-{n},Check,Incoming goods,{'x' * 4_970}\n" for n in range(size // 5_000)]
    text = "".join(lines).encode()
    file = io.BytesIO(text.ljust(size, b"\n"))
    sent = {"file": ("tasks.csv", file)}
    address = client.url + path
    return client.session.post(address, files=sent, headers=headers, timeout=120)


@pytest.mark.django_db(transaction=True)
def test_instances_restarted_one_after_the_other_fail_no_request(
    front: Front, crew: list[Client]
) -> None:
    with disturbed(front, crew):
        for instance in front.instances:
            restart(instance)


@pytest.mark.django_db(transaction=True)
def test_requests_wait_while_all_instances_restart(front: Front, crew: list[Client]) -> None:
    with disturbed(front, crew), ThreadPoolExecutor() as pool:
        list(pool.map(restart, front.instances))


@pytest.fixture
def crew(front: Front, queue: Queue, hire: Hire, pile: Pile) -> list[Client]:
    """People with work before them."""
    people = hire(PEOPLE)
    pile(queue, TASKS)
    return [front.client(someone.username) for someone in people]


@contextmanager
def disturbed(front: Front, crew: list[Client]) -> Iterator[None]:
    """Do what is inside while people work, and see that they work on and noticed nothing."""
    with at_work(crew, Client.come_and_go) as shift:
        until(lambda: shift.done() > 20, within=60)
        yield
        done = shift.done()
        until(lambda: shift.done() > done + 20, within=60)
        shift.end()
    assert_nobody_noticed(front, crew)


def restart(instance: SocketUnit) -> None:
    """Restart an instance, and wait until it works again."""
    before = instance.starts()
    instance.restart()
    until(lambda: instance.starts() > before, within=60)


def assert_nobody_noticed(front: Front, clients: list[Client]) -> None:
    assert answers(clients).keys() == {200}
    assert faults(clients) == []
    assert_done_once(clients, completions())
    assert Task.objects.filter(status=Status.COMPLETED).count() == len(completions())
    assert_sound(front.site)


def test_site_that_is_away_is_said_in_words(tmp_path: Path) -> None:
    proxy = Proxy(tmp_path / "nginx", [1], static=tmp_path / "static")
    proxy.start()
    try:
        page = proxy.session().get(f"{proxy.url}/admin/", headers={"Accept-Language": "de-DE"})
        assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
        assert "QC Desk antwortet nicht" in page.content.decode()
        call = proxy.session().post(f"{proxy.url}/login/", json={})
        assert (call.status_code, call.headers["Retry-After"]) == (503, "5")
        assert "may be restarting" in call.json()["detail"]
    finally:
        proxy.stop()
