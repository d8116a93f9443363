"""Readers of settings from environment variables.

For a bad value each raises `ImproperlyConfigured` with a message that has the variable, its value
and what is allowed.
"""

import os
import re
import secrets
import zoneinfo
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def refuse(name: str, value: str, allowed: str) -> ImproperlyConfigured:
    """Return the error for a bad value of a variable."""
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: {allowed}.")


def switch(name: str, *, default: bool) -> bool:
    """Read an on/off variable."""
    text = env.str(name, "").strip().lower()
    if text not in TRUE | FALSE | {""}:
        raise refuse(name, text, "it must be one of on, off, true, false, yes, no, 1, 0")
    return default if text == "" else text in TRUE


def whole_number(name: str, *, default: int, least: int, most: int) -> int:
    """Read a whole number between `least` and `most`, both included."""
    text = env.str(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise refuse(name, text, f"it must be a whole number from {least} to {most}")
    return int(text)


def minutes(name: str, *, default: int, least: float, most: int) -> int | float:
    """Read a number of minutes between `least` and `most`: a trial has no time for whole ones."""
    text = env.str(name, "").strip() or str(default)
    is_number = re.fullmatch(r"[0-9]+(\.[0-9]+)?", text, re.ASCII)
    if not (is_number and least <= float(text) <= most):
        raise refuse(name, text, f"it must be a number from {least} to {most}")
    return int(text) if text.isdigit() else float(text)


def one_of(name: str, *, default: str, allowed: Collection[str]) -> str:
    """Read a variable that has one of a few values."""
    text = env.str(name, "").strip() or default
    if text not in allowed:
        raise refuse(name, text, f"it must be one of {', '.join(sorted(allowed))}")
    return text


def time_zone(name: str, *, default: str) -> str:
    """Read the name of a time zone."""
    text = env.str(name, "").strip() or default
    if text not in zoneinfo.available_timezones():
        raise refuse(name, text, "it must be a time zone such as UTC or Europe/Berlin")
    return text


def words(name: str, *, default: list[str]) -> list[str]:
    """Read a list separated by commas."""
    listed = [word.strip() for word in env.str(name, "").split(",")]
    return [word for word in listed if word] or default


def database(name: str, *, default_file: Path) -> dict[str, Any]:
    """Read a database address; the default is an SQLite file, which needs no server."""
    url = env.str(name, "").strip() or f"sqlite:///{default_file}"
    allowed = "it must look like mysql://user:password@host:3306/name or sqlite:////path/to/file"
    if url.split(":", 1)[0] not in {"mysql", "sqlite"}:
        raise refuse(name, _without_password(url), allowed)
    try:
        config: dict[str, Any] = dict(environ.Env.db_url_config(url))
    except (ValueError, ImproperlyConfigured) as error:
        raise refuse(name, _without_password(url), allowed) from error
    if not config.get("NAME"):
        raise refuse(name, _without_password(url), allowed)
    return config | (_mysql(name) if url.startswith("mysql") else _sqlite(config["NAME"]))


def redis_address(name: str) -> str:
    """Read a Redis address, or return "" when none is set."""
    url = env.str(name, "").strip()
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise refuse(name, _without_password(url), "it must look like redis://host:6379/0")
    return url


def web_address(name: str) -> str:
    """Read a web address, or return "" when none is set."""
    url = env.str(name, "").strip()
    if url and not url.startswith(("http://", "https://")):
        raise refuse(name, _without_password(url), "it must look like https://host/path")
    return url


def secret_key(name: str, *, file: Path, embedded: bool) -> str:
    """Read the secret key; the embedded default makes its own once and keeps it in `file`."""
    key = env.str(name, "")
    if key and len(key) < 50:
        raise ImproperlyConfigured(f"{name} is too short: it must have at least 50 characters.")
    if key or not embedded:
        return key or _no_secret_key(name)
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(50))
    return file.read_text()


def _write_once(file: Path, text: str) -> None:
    # Several processes may start at once: a link appears only with the whole text behind it.
    own = file.with_suffix(f".{secrets.token_hex(8)}")
    own.touch(mode=0o600)
    own.write_text(text)
    with suppress(FileExistsError):
        os.link(own, file)
    own.unlink()


def _no_secret_key(name: str) -> str:
    raise ImproperlyConfigured(
        f"{name} is not set: with DATABASE_URL or REDIS_URL it is required. It must be at least "
        "50 random characters, for example from "
        "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`."
    )


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else url


def _mysql(name: str) -> dict[str, Any]:
    try:
        import MySQLdb  # noqa: F401
    except ImportError as error:
        raise ImproperlyConfigured(
            f"{name} names a MySQL or MariaDB server, but mysqlclient is not installed: install "
            "the client headers (Debian: gcc pkg-config libmariadb-dev) and then mysqlclient."
        ) from error
    return {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            # Waiting for a lock fails soon, and is tried again: `qc.core.transactions`.
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', "
            "innodb_lock_wait_timeout=5",
        },
        "TEST": {"CHARSET": "utf8mb4"},
    }


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
