"""A Redis that fails over, is reset or answers READONLY: no process ends, and all goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import redis

from qc.models import Import, ImportState, Queue, Role, Task, User
from qc.work import presence
from tests import servers
from tests.conftest import person
from tests.databases import needs_redis, on_sqlite
from tests.system.clients import Manager
from tests.system.records import long_gone
from tests.system.site import Site, assert_sound
from tests.waiting import until

Hire = Callable[[int], list[User]]

pytestmark = [needs_redis, on_sqlite]

MASTER = "floor"
# The longest that anybody may be without work after a fault.
SECONDS = 30
PROCESSES = ("worker", "sweeper", "beat")


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def start(site: Site, **address: str) -> Manager:
    """Start everything, on a broker of its own; return a manager's client."""
    production = {"SECRET_KEY": "k" * 60, "QC_HTTPS": "off", "QC_IMPORT_ROWS": "1"}
    site.variables = production | address
    person("mona", Role.MANAGERS)
    site.start_web()
    site.start_jobs()
    mona = Manager(site.url, "mona")
    mona.sign_in()
    return mona


def connect(server: servers.Server) -> redis.Redis:
    return redis.Redis(host=servers.HOST, port=server.port, decode_responses=True)


def is_done(pk: int) -> bool:
    return Import.objects.get(pk=pk).state == ImportState.DONE


def assert_all_goes_on(site: Site, mona: Manager, vanished: User, begun: int) -> None:
    """An import begun in the middle of a fault ends, sweeps go on, and a new import ends."""
    presence.sign_in(vanished.pk)
    until(long_gone(vanished), within=SECONDS)
    until(lambda: is_done(begun), within=SECONDS)
    pk = mona.begin_import()
    until(lambda: is_done(pk), within=SECONDS)
    assert {name: site.processes[name].poll() for name in PROCESSES} == dict.fromkeys(PROCESSES)


def test_reset_connections_and_a_demoted_redis_stop_nothing(
    site: Site, queue: Queue, hire: Hire, stack: ExitStack
) -> None:
    [vanished] = hire(1)
    server, other = (stack.enter_context(servers.private_redis()) for _ in range(2))
    mona = start(site, REDIS_URL=f"redis://{servers.HOST}:{server.port}/0")
    connect(server).client_kill_filter(_type="normal", skipme=True)
    connect(server).client_kill_filter(_type="pubsub")
    assert_all_goes_on(site, mona, vanished, mona.begin_import())

    # As when a failover has made it a replica: whoever waits is sent away, and writes are refused.
    connect(server).replicaof(servers.HOST, other.port)
    until(lambda: "Connection to broker lost" in site.printed_by("sweeper"), within=SECONDS)
    begun = mona.begin_import()
    assert not is_done(begun)
    connect(server).replicaof("NO", "ONE")
    assert_all_goes_on(site, mona, vanished, begun)
    assert Task.objects.count() == 2 * mona.files
    assert_sound(site)


def test_sentinels_name_the_new_master_and_work_goes_on(
    site: Site, queue: Queue, hire: Hire, stack: ExitStack
) -> None:
    [vanished] = hire(1)
    master = stack.enter_context(servers.private_redis())
    replica = stack.enter_context(
        servers.private_redis("--replicaof", servers.HOST, str(master.port))
    )
    sentinels = [
        stack.enter_context(servers.private_sentinel(MASTER, master.port, quorum=2))
        for _ in range(2)
    ]
    addresses = ";".join(f"sentinel://{servers.HOST}:{one.port}" for one in sentinels)
    mona = start(site, REDIS_URL=addresses, REDIS_MASTER=MASTER)
    until(lambda: knows_its_peers(sentinels[0]), within=SECONDS)
    master.kill()
    begun = mona.begin_import()
    until(lambda: connect(replica).role()[0] == "master", within=SECONDS)
    assert_all_goes_on(site, mona, vanished, begun)
    # The old master comes back, as a replica of the new one.
    master.start()
    until(lambda: connect(master).role()[0] == "slave", within=SECONDS)
    assert_all_goes_on(site, mona, vanished, begun)
    assert Task.objects.count() == 2 * mona.files
    assert_sound(site)


def knows_its_peers(sentinel: servers.Server) -> bool:
    """Return whether a sentinel knows the other one, and the replica."""
    state = connect(sentinel).sentinel_master(MASTER)
    return bool(state["num-other-sentinels"] and state["num-slaves"])
