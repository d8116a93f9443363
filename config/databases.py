"""The database of `DATABASE_URL`, with limits on how long anything may wait for it.

A process that freezes, a lost line or a full server must not hold up others: each wait ends, and
the server ends transactions of whoever no longer answers.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import environ
from django.core.exceptions import ImproperlyConfigured

from config.environment import env, refuse, without_password

SHAPE = "it must look like mysql://user:password@host:3306/name or sqlite:////path/to/file"
SSL_MODES = ("DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
SSL_FILES = {"ssl_ca": "ca", "ssl_cert": "cert", "ssl_key": "key"}
SECONDS = ("connect_timeout", "read_timeout", "write_timeout")
SYNC_WAIT = "wsrep_sync_wait"
OPTIONS = ("ssl_mode", *SSL_FILES, *SECONDS, SYNC_WAIT)
CONNECT_SECONDS = 5
# A connection is kept for so long between requests.
KEPT_SECONDS = 60


def database(name: str, *, default_file: Path, seconds: int) -> dict[str, Any]:
    """Read a database address; the default is an SQLite file, which needs no server.

    `seconds` is how long a statement may take; a transaction that is idle for half of it is ended
    by the server.
    """
    url = env.str(name, "").strip() or f"sqlite:///{default_file}"
    if url.split(":", 1)[0] not in {"mysql", "sqlite"}:
        raise refuse(name, without_password(url), SHAPE)
    address, _, query = url.partition("?")
    try:
        config: dict[str, Any] = dict(environ.Env.db_url_config(address))
    except (ValueError, ImproperlyConfigured) as error:
        raise refuse(name, without_password(url), SHAPE) from error
    if not config.get("NAME"):
        raise refuse(name, without_password(url), SHAPE)
    options = dict(parse_qsl(query, keep_blank_values=True))
    if url.startswith("mysql"):
        return config | _mysql(name, options, seconds)
    if options:
        raise refuse(name, without_password(url), "SQLite takes no options")
    return config | _sqlite(config["NAME"])


def _mysql(name: str, options: dict[str, str], seconds: int) -> dict[str, Any]:
    try:
        import MySQLdb  # noqa: F401
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{name} names a MySQL or MariaDB server, but mysqlclient is not installed: install "
            "the client headers (Debian: gcc pkg-config libmariadb-dev) and then mysqlclient."
        ) from error
    limits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": seconds, "write_timeout": seconds}
    return {
        "ENGINE": "config.mysql",
        "CONN_MAX_AGE": KEPT_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            "init_command": _session(seconds) + _cluster(name, options),
        }
        | limits
        | _driver_options(name, options),
        "TEST": {"CHARSET": "utf8mb4"},
    }


def _session(seconds: int) -> str:
    """Return the statement that sets up each connection.

    Waiting for a lock fails soon, and is tried again: `qc.core.transactions`. The server ends a
    transaction whose process is silent: MariaDB by `idle_transaction_timeout`, which it alone
    reads in this kind of comment, and MySQL by ending any connection that is idle for so long.
    All rights of a user are one text, which MySQL would cut off at 1,024 characters.
    """
    return (
        "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout=5, "
        "group_concat_max_len=65535, "
        f"wait_timeout={max(seconds, KEPT_SECONDS + 15)} "
        f"/*M!100300 , idle_transaction_timeout={max(seconds // 2, 1)} */"
    )


def _cluster(name: str, options: dict[str, str]) -> str:
    """Return what makes a node of a Galera cluster answer with all that others have committed.

    Only where the address asks for it: other servers do not know this variable.
    """
    if SYNC_WAIT not in options:
        return ""
    if options[SYNC_WAIT] not in {"0", "1"}:
        raise refuse(name, f"…?{SYNC_WAIT}={options[SYNC_WAIT]}", "it must be 0 or 1")
    return f", {SYNC_WAIT}={options[SYNC_WAIT]}"


def _driver_options(name: str, options: dict[str, str]) -> dict[str, Any]:
    """Return the options of an address as the driver takes them. Refuse others by name."""
    if unknown := sorted(set(options) - set(OPTIONS)):
        allowed = f"the options may be {', '.join(OPTIONS)}"
        raise refuse(name, f"…?{unknown[0]}=…", allowed)
    found: dict[str, Any] = {key: _seconds(name, key, options) for key in SECONDS if key in options}
    if "ssl_mode" in options:
        if options["ssl_mode"] not in SSL_MODES:
            allowed = f"it must be one of {', '.join(SSL_MODES)}"
            raise refuse(name, f"…?ssl_mode={options['ssl_mode']}", allowed)
        found["ssl_mode"] = options["ssl_mode"]
    files = {key: options[name] for name, key in SSL_FILES.items() if name in options}
    return found | ({"ssl": files} if files else {})


def _seconds(name: str, option: str, options: dict[str, str]) -> int:
    text = options[option]
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise refuse(name, f"…?{option}={text}", "it must be a whole number of seconds above 0")
    return int(text)


def _sqlite(file: str) -> dict[str, Any]:
    return {
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A claim is safe on SQLite because each transaction takes the write lock first.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # A file as in production: threads can share it, which they can't with one in memory.
        "TEST": {"NAME": f"{file}.test"},
    }
