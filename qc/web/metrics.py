"""`/metrics`, for Prometheus: requests and lost races of this machine, and how the floor stands.

Requests are counted by each process in files of its machine (`config.metrics`); people, queues and
jobs are read from the database when it is asked, so that every machine says the same.
"""

import ipaddress
import os
from collections.abc import Callable, Iterable, Iterator

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from qc.models import JobRun
from qc.monitoring import checks, readings

NOT_FOUND, UNAUTHORIZED, FORBIDDEN = 404, 401, 403
BEARER = "Bearer "
# Set by `config.metrics` for prometheus_client.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def metrics(request: HttpRequest) -> HttpResponse:
    """Return all figures to who may have them; 404 while nobody may."""
    if not (settings.QC_METRICS_TOKEN or settings.QC_METRICS_NETWORKS):
        return HttpResponse(status=NOT_FOUND)
    if not (_has_token(request) or _is_near(request)):
        return _refuse()
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def lost_races() -> int:
    """Return how many races for locks the processes of this machine have lost."""
    found = (sample for metric in _counters().collect() for sample in metric.samples)
    return int(sum(one.value for one in found if one.name == "qc_lost_races_total"))


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    token: str = settings.QC_METRICS_TOKEN
    return bool(token) and constant_time_compare(given, f"{BEARER}{token}")


def _is_near(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(get_client_ip_address(request) or "")
    except ValueError:
        return False
    return any(address in network for network in settings.QC_METRICS_NETWORKS)


def _refuse() -> HttpResponse:
    if settings.QC_METRICS_TOKEN:
        return HttpResponse(status=UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(status=FORBIDDEN)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_counters())
    registry.register(Floor())
    return registry


def _counters() -> Collector:
    """Return the collector of what this machine's processes have counted."""
    return MultiProcessCollector(None) if FOLDER in os.environ else REGISTRY


class Floor(Collector):
    """Reads people, queues, jobs, imports and seals; nothing of it while the database is away."""

    def collect(self) -> Iterator[Metric]:
        """Yield all figures; those that can't be read are left out."""
        is_away = bool(checks.run(checks.database))
        yield _gauge("qc_database_up", "Whether the database answers", not is_away)
        for read in () if is_away else (_people, _queues, _jobs, _imports, _seals):
            yield from _unless_broken(read)

    def describe(self) -> Iterable[Metric]:
        """Return nothing: what it would collect is not read when it is registered."""
        return ()


def _unless_broken(read: Callable[[], Iterable[Metric]]) -> list[Metric]:
    found: list[Metric] = []

    def collect() -> str:
        found.extend(read())
        return ""

    checks.run(collect)
    return found


def _people() -> Iterator[Metric]:
    people = GaugeMetricFamily("qc_people", "People who are signed in", labels=["state"])
    for state, n in readings.people().items():
        people.add_metric([state], n)
    yield people


def _queues() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "qc_queue_waiting", "Waiting tasks, counted up to 10,000 in each queue", labels=["queue"]
    )
    oldest = GaugeMetricFamily(
        "qc_queue_oldest_seconds", "For how long the oldest of them has waited", labels=["queue"]
    )
    for one in readings.queues():
        waiting.add_metric([one.name], one.waiting)
        oldest.add_metric([one.name], one.oldest.total_seconds() if one.oldest else 0)
    yield from (waiting, oldest)


def _jobs() -> Iterator[Metric]:
    now = timezone.now()
    seconds = GaugeMetricFamily("qc_job_seconds", "How long its last run took", labels=["job"])
    age = GaugeMetricFamily("qc_job_age_seconds", "Since it last ended well", labels=["job"])
    runs = CounterMetricFamily("qc_job_runs", "Runs that ended", labels=["job"])
    failed = CounterMetricFamily("qc_job_failed_runs", "Runs that were cut short", labels=["job"])
    items = CounterMetricFamily("qc_job_failed_items", "Items that failed", labels=["job"])
    for run in JobRun.objects.order_by("name"):
        if run.seconds is not None:
            seconds.add_metric([run.name], run.seconds)
        if (since := run.age(now)) is not None:
            age.add_metric([run.name], since)
        runs.add_metric([run.name], run.runs)
        failed.add_metric([run.name], run.failed_runs)
        items.add_metric([run.name], run.failed_items)
    yield from (seconds, age, runs, failed, items)


def _imports() -> Iterator[Metric]:
    yield _gauge("qc_imports_running", "Imports that run or wait", readings.imports_running())


def _seals() -> Iterator[Metric]:
    behind = readings.seals_behind().total_seconds()
    yield _gauge("qc_seals_behind_seconds", "Age of the oldest row without a seal", behind)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
