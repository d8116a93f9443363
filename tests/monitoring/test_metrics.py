"""`/metrics`: only for who may read it, the same on every machine, and cheap however much waits."""

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import environment
from qc import tasks
from qc.core.exceptions import Busy
from qc.core.transactions import retrying
from qc.models import Import, ImportState, Queue, Task, User
from qc.monitoring import readings
from qc.work import actions, presence
from tests.databases import on_mariadb
from tests.monitoring.broken_rows import NO_LENGTH, spoil

pytestmark = pytest.mark.django_db

AddTask = Callable[..., Task]
TOKEN = "a-token-that-is-long-enough"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def scrape(balancer: Client, settings: Any) -> Callable[[], dict[str, float]]:
    """Read all figures as Prometheus does."""
    settings.QC_METRICS_TOKEN = TOKEN

    def read() -> dict[str, float]:
        answer = balancer.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        lines = answer.content.decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    return read


def test_there_are_no_figures_while_nobody_may_read_them(balancer: Client) -> None:
    assert balancer.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    ("given", "status"),
    [(f"Bearer {TOKEN}", 200), ("Bearer another", 401), (f"Basic {TOKEN}", 401), ("", 401)],
)
def test_token_is_needed(given: str, status: int, balancer: Client, settings: Any) -> None:
    settings.QC_METRICS_TOKEN = TOKEN
    answer = balancer.get("/metrics", headers={"Authorization": given} if given else {})
    assert answer.status_code == status
    assert status == 200 or answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("address", "status"), [("10.1.2.3", 200), ("192.0.2.1", 403), ("fd00::7", 200), ("::1", 403)]
)
def test_network_is_needed(address: str, status: int, balancer: Client, settings: Any) -> None:
    settings.QC_METRICS_NETWORKS = [
        environment.ipaddress.ip_network(one) for one in ("10.0.0.0/8", "fd00::/8")
    ]
    assert balancer.get("/metrics", REMOTE_ADDR=address).status_code == status


def test_address_of_a_caller_cannot_be_claimed(balancer: Client, settings: Any) -> None:
    settings.QC_METRICS_NETWORKS = [environment.ipaddress.ip_network("10.0.0.0/8")]
    claimed = balancer.get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="10.1.1.1")
    assert claimed.status_code == 403


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("QC_METRICS_TOKEN", "short", "at least 16 characters"),
        ("QC_METRICS_NETWORKS", "10.0.0.0/99", "a network such as 10.0.0.0/8"),
    ],
)
def test_bad_settings_are_refused_by_name(
    name: str, value: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    read = {"QC_METRICS_TOKEN": environment.secret, "QC_METRICS_NETWORKS": environment.networks}
    least = {"least": 16} if name == "QC_METRICS_TOKEN" else {}
    with pytest.raises(ImproperlyConfigured, match=f"{name}.*{allowed}"):
        read[name](name, **least)


def test_figures_say_how_the_floor_stands(
    scrape: Callable[[], dict[str, float]],
    anna: User,
    ben: User,
    carla: User,
    invoices: Queue,
    labels: Queue,
    add_task: AddTask,
) -> None:
    for person in (anna, ben, carla):
        actions.sign_in(person.pk)
    actions.take_break(ben.pk, by=ben, reason="Lunch")
    for minutes in (90, 60, 30):
        add_task(invoices, created_at=timezone.now() - timedelta(minutes=minutes))
    Import.objects.create(
        file_name="a.csv", sha256="0", size=1, kind="csv", language="en", state=ImportState.WRITING
    )
    tasks.sweep()
    figures = scrape()
    assert figures['qc_people{state="free"}'] == 1
    assert figures['qc_people{state="busy"}'] == 1
    assert figures['qc_people{state="on_break"}'] == 1
    assert figures['qc_queue_waiting{queue="Invoices"}'] == 2
    assert figures['qc_queue_waiting{queue="Labels"}'] == 0
    assert 3500 < figures['qc_queue_oldest_seconds{queue="Invoices"}'] < 3700
    assert figures["qc_imports_running"] == 1
    assert figures["qc_seals_behind_seconds"] >= 0
    assert figures["qc_database_up"] == 1
    assert figures['qc_job_runs_total{job="sweep"}'] == 1
    assert figures['qc_job_failed_items_total{job="sweep"}'] == 0
    assert 0 <= figures['qc_job_age_seconds{job="sweep"}'] < 60
    assert 0 < figures['qc_job_seconds{job="sweep"}'] < 60


@pytest.mark.django_db(transaction=True)
def test_lost_races_are_counted_with_their_function(
    scrape: Callable[[], dict[str, float]],
) -> None:
    name = 'qc_lost_races_total{function="race"}'
    before = scrape().get(name, 0)

    @retrying
    def race() -> None:
        raise OperationalError(1205, "Lock wait timeout")

    with pytest.raises(Busy):
        race()
    assert scrape()[name] == before + 2


@pytest.mark.django_db(transaction=True)
def test_sweep_items_that_fail_are_counted(
    scrape: Callable[[], dict[str, float]], labels: Queue, carla: User, add_task: AddTask
) -> None:
    presence.sign_in(carla.pk)
    task = add_task(labels)
    spoil(task, "details", {"mysql": "{no", "sqlite": "{no"})
    tasks.sweep()
    tasks.sweep()
    assert scrape()['qc_job_failed_items_total{job="sweep"}'] == 2


@pytest.mark.django_db(transaction=True)
def test_broken_queue_leaves_all_figures(
    scrape: Callable[[], dict[str, float]], invoices: Queue, labels: Queue, add_task: AddTask
) -> None:
    add_task(invoices)
    spoil(labels, "target", NO_LENGTH)
    figures = scrape()
    assert figures['qc_queue_waiting{queue="Invoices"}'] == 1


def test_figures_cost_as_many_statements_with_a_hundred_people_and_queues(
    scrape: Callable[[], dict[str, float]], anna: User, invoices: Queue, add_task: AddTask
) -> None:
    presence.sign_in(anna.pk)
    add_task(invoices)
    with CaptureQueriesContext(connection) as few:
        scrape()
    for n in range(100):
        person = User.objects.create(username=f"p{n}", is_logged_in=True)
        Queue.objects.create(name=f"Q{n:03}").people.add(person)
    with CaptureQueriesContext(connection) as many:
        assert scrape()['qc_people{state="free"}'] == 101
    assert len(many) == len(few) <= 20


@on_mariadb
def test_figures_read_no_more_of_a_long_backlog_than_they_count(
    scrape: Callable[[], dict[str, float]], invoices: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "MOST_COUNTED", 200)
    now = timezone.now()
    new = (
        Task(reference=f"T-{n}", name="T", queue=invoices, due_at=now, created_at=now)
        for n in range(4000)
    )
    Task.objects.bulk_create(new, batch_size=5000)
    scrape()
    before = rows_read()
    assert scrape()['qc_queue_waiting{queue="Invoices"}'] == 200
    assert rows_read() - before < 600


def rows_read() -> int:
    """Return how many rows this connection has read so far."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%%'")
        return sum(int(n) for _name, n in cursor.fetchall())


COUNTS = """
import sys
from pathlib import Path
from config import metrics
metrics.share(Path(sys.argv[1]))
from prometheus_client import Counter
Counter("races", "Races", ["name"]).labels("one").inc()
print(metrics.prometheus_client.values.ValueClass.__name__, flush=True)
sys.stdin.readline()
"""


def counting(folder: Path) -> subprocess.Popen[str]:
    """Start a process that counts once, and lives until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTS, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "MmapedValue\n"
    return process


def test_process_goes_on_counting_in_the_files_of_one_that_died(tmp_path: Path) -> None:
    from prometheus_client.multiprocess import MultiProcessCollector

    folder = tmp_path / "metrics"
    first, second = counting(folder), counting(folder)
    first.kill()
    first.wait()
    third = counting(folder)
    for process in (second, third):
        process.kill()
        process.wait()
    assert sorted(one.name for one in folder.glob("counter*")) == ["counter_0.db", "counter_1.db"]
    [metric] = MultiProcessCollector(None, str(folder)).collect()
    assert [sample.value for sample in metric.samples] == [3.0]
    # So that no process is killed for writing where a full disk has no room.
    assert all(one.stat().st_blocks * 512 >= 1024 * 1024 for one in folder.glob("*.db"))


def test_names_of_figures_are_listed_in_the_document(
    scrape: Callable[[], dict[str, float]], invoices: Queue
) -> None:
    tasks.sweep()
    ours = {name.split("{")[0] for name in scrape() if name.startswith("qc_")}
    listed = set(re.findall(r"`(qc_\w+)", (ROOT / "docs/monitoring.md").read_text()))
    assert ours - {"qc_lost_races_total"} == listed - {"qc_lost_races_total"}
