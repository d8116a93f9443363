"""The database driver works while Python's garbage collector runs.

With mysqlclient 2.3.1 the first program's queries are refused, and the second one never ends.
"""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from tests.databases import on_mariadb

pytestmark = [on_mariadb, pytest.mark.django_db]

# A result that is part of a cycle is freed by the garbage collector, in whichever thread that runs.
BEGINNING = """
import gc, json, sys, threading, time
import MySQLdb

parameters = json.loads(sys.argv[1])

def result(connection, query):
    connection.query(query)
    return connection.store_result()

class Garbage:
    def __init__(self, connection):
        self.itself = self
        self.result = result(connection, "SELECT seq FROM seq_1_to_20")

gc.disable()
"""

MANY_THREADS = """
refused, over = [], threading.Event()

def work():
    until = time.monotonic() + 2
    while time.monotonic() < until:
        try:
            connection = MySQLdb.connect(**parameters)
            for _ in range(20):
                Garbage(connection)
                result(connection, "SELECT 1")
                connection.rollback()
            connection.close()
        except MySQLdb.Error as error:
            refused.append(str(error))

def collect():
    while not over.wait(0.0005):
        gc.collect()

collector = threading.Thread(target=collect)
workers = [threading.Thread(target=work) for _ in range(8)]
for thread in [collector, *workers]:
    thread.start()
for thread in workers:
    thread.join()
over.set()
collector.join()
print(json.dumps(refused))
"""

INSIDE_FETCH_ROW = """
connection = MySQLdb.connect(**parameters)
gc.set_threshold(1, 1, 1)
for _ in range(20):
    Garbage(connection)
    rows = result(connection, "SELECT seq FROM seq_1_to_1000")
    # Each row is a new tuple, for which the garbage collector runs.
    gc.enable()
    rows.fetch_row(maxrows=0)
    gc.disable()
connection.close()
print("[]")
"""


@pytest.mark.parametrize("program", [MANY_THREADS, INSIDE_FETCH_ROW], ids=["threads", "fetch_row"])
def test_queries_succeed_while_garbage_is_collected(program: str) -> None:
    command = [sys.executable, "-c", BEGINNING + program, json.dumps(parameters())]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout) == []


def parameters() -> dict[str, Any]:
    """Return what connects to the test's own database server."""
    found = connection.get_connection_params()
    names = ("host", "port", "user", "password", "database", "unix_socket")
    return {name: found[name] for name in names if name in found}
