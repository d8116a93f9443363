"""DATABASE_URL: its options are kept, bad ones refused by name, and every wait has an end."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.databases import database

ADDRESS = "mysql://qc:secret@db.example.com:3306/qc"


def read(monkeypatch: pytest.MonkeyPatch, url: str, seconds: int = 30) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", url)
    return database("DATABASE_URL", default_file=Path("/nowhere/qc.sqlite3"), seconds=seconds)


def test_every_wait_for_the_server_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    options = read(monkeypatch, ADDRESS, seconds=30)["OPTIONS"]
    assert (options["connect_timeout"], options["read_timeout"], options["write_timeout"]) == (
        *(5, 30),
        30,
    )
    assert "innodb_lock_wait_timeout=5" in options["init_command"]
    assert "idle_transaction_timeout=15 */" in options["init_command"]


def test_options_of_the_address_are_kept_beside_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{ADDRESS}?ssl_mode=VERIFY_CA&ssl_ca=/etc/qc/ca.pem&read_timeout=90"
    options = read(monkeypatch, url)["OPTIONS"]
    assert options["ssl"] == {"ca": "/etc/qc/ca.pem"}
    assert (options["ssl_mode"], options["read_timeout"], options["charset"]) == (
        *("VERIFY_CA", 90),
        "utf8mb4",
    )


def test_node_of_a_cluster_waits_for_the_others_only_where_the_address_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "wsrep" not in read(monkeypatch, ADDRESS)["OPTIONS"]["init_command"]
    options = read(monkeypatch, f"{ADDRESS}?wsrep_sync_wait=1")["OPTIONS"]
    # Outside of the comment that MySQL skips.
    assert options["init_command"].endswith("*/, wsrep_sync_wait=1")
    assert "wsrep_sync_wait" not in options


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"{ADDRESS}?sslmode=require", "sslmode.*ssl_mode, ssl_ca"),
        (f"{ADDRESS}?init_command=DROP", "init_command"),
        (f"{ADDRESS}?ssl_mode=verify", "ssl_mode=verify.*VERIFY_CA"),
        (f"{ADDRESS}?read_timeout=soon", "read_timeout=soon.*whole number of seconds"),
        (f"{ADDRESS}?wsrep_sync_wait=yes", "wsrep_sync_wait=yes.*0 or 1"),
        ("sqlite:////tmp/qc.sqlite3?mode=ro", "SQLite takes no options"),
    ],
)
def test_bad_option_is_refused_by_name_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=words) as refusal:
        read(monkeypatch, url)
    assert "secret" not in str(refusal.value)
