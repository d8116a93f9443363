"""Readers of settings from environment variables.

For a bad value each raises `ImproperlyConfigured` with a message that has the variable, its value
and what is allowed.
"""

import ipaddress
import os
import re
import secrets
import shlex
import zoneinfo
from collections.abc import Collection
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}
MOST_PROXIES = 9
LEAST_KEY = 50


def refuse(name: str, value: str, allowed: str) -> ImproperlyConfigured:
    """Return the error for a bad value of a variable."""
    return ImproperlyConfigured(f"{name}={value!r} is not allowed: {allowed}.")


def switch(name: str, *, default: bool) -> bool:
    """Read an on/off variable."""
    text = env.str(name, "").strip().lower()
    if text not in TRUE | FALSE | {""}:
        raise refuse(name, text, "it must be one of on, off, true, false, yes, no, 1, 0")
    return default if text == "" else text in TRUE


def number_of_proxies(name: str) -> int:
    """Read how many proxies stand in front, one after the other: 0 for off, 1 for on."""
    text = env.str(name, "").strip().lower()
    if text in TRUE | FALSE | {""}:
        return int(text in TRUE)
    if not (text.isascii() and text.isdigit() and 2 <= int(text) <= MOST_PROXIES):
        raise refuse(name, text, f"it must be off, on, or their number up to {MOST_PROXIES}")
    return int(text)


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


def secret(name: str, *, least: int) -> str:
    """Read a secret of at least so many characters, or return "" when none is set."""
    text = env.str(name, "").strip()
    if text and len(text) < least:
        raise refuse(name, "…", f"it must have at least {least} characters")
    return text


def networks(name: str) -> list[Network]:
    """Read networks such as 10.0.0.0/8, separated by commas."""
    found: list[Network] = []
    for text in words(name, default=[]):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            allowed = "each must be a network such as 10.0.0.0/8 or fd00::/8, or an address"
            raise refuse(name, text, allowed) from error
    return found


def redis_address(name: str) -> str:
    """Read a Redis address, or those of its Sentinels; return "" when none is set."""
    url = env.str(name, "").strip()
    sentinels = url.split(";")
    is_sentinels = all(re.match(r"sentinel://[^/]", one) for one in sentinels)
    is_redis = len(sentinels) == 1 and url.startswith(("redis://", "rediss://", "unix://"))
    if url and not ((is_redis or is_sentinels) and all(map(_has_right_port, sentinels))):
        shown = ";".join(map(without_password, sentinels))
        allowed = "redis://host:6379/0, or sentinel://host1:26379;sentinel://host2:26379/0"
        raise refuse(name, shown, f"it must look like {allowed}")
    return url


def sentinel_master(name: str, *, address: str) -> str:
    """Read the name by which Sentinels know their master; "" where the address has none of them."""
    master = env.str(name, "").strip()
    has_sentinels = address.startswith("sentinel://")
    if has_sentinels and not re.fullmatch(r"[\w.-]+", master, re.ASCII):
        raise refuse(name, master, "it must be the name that the Sentinels monitor, as mymaster")
    if master and not has_sentinels:
        raise refuse(name, master, "it goes with an address of Sentinels only")
    return master


def web_address(name: str) -> str:
    """Read a web address, or return "" when none is set."""
    url = env.str(name, "").strip()
    if url and not _is_web_address(url):
        raise refuse(name, without_password(url), "it must look like https://host/path")
    return url


def origins(name: str) -> list[str]:
    """Read web addresses, separated by commas."""
    listed = words(name, default=[])
    for url in listed:
        if not _is_web_address(url):
            raise refuse(name, without_password(url), "each must look like https://host")
    return listed


def _is_web_address(url: str) -> bool:
    begins_well = re.match(r"https?://[^/?#\s]\S*$", url)
    return bool(begins_well and _has_right_port(url) and urlsplit(url).hostname)


def _has_right_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def sender(name: str, *, default: str) -> str:
    """Read from whom e-mail comes: an address, or a name and an address in angle brackets."""
    text = env.str(name, "").strip() or default
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(text)[1]):
        raise refuse(name, text, "it must be an address such as qc-desk@example.com")
    return text


def command(name: str) -> str:
    """Read a command with its arguments, or return "" when none is set."""
    text = env.str(name, "").strip()
    try:
        shlex.split(text)
    except ValueError as error:
        raise refuse(name, text, "it must be a command whose quotes are closed") from error
    return text


def folder(name: str, *, default: Path) -> Path:
    """Read a folder; make it if it is not there."""
    path = Path(env.str(name, str(default)))
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        allowed = f"it must be a folder, or one that can be made ({error.strerror})"
        raise refuse(name, str(path), allowed) from error
    return path


def short_text(name: str, *, default: str, most: int) -> str:
    """Read a text in one line of at most so many characters."""
    text = env.str(name, "").strip() or default
    if len(text) > most or not text.isprintable():
        raise refuse(name, text[:most], f"it must be a line of at most {most} characters")
    return text


def issuer(name: str) -> str:
    """Read the address of an OpenID provider, or return "" when none is set."""
    url = env.str(name, "").strip()
    is_safe = re.fullmatch(r"https://[^/@?#\s]+(/[^@?#\s]*)?", url)
    is_here = re.fullmatch(r"http://(localhost|127\.0\.0\.1)(:[0-9]+)?(/[^@?#\s]*)?", url)
    if url and not (is_safe or is_here):
        allowed = "it must look like https://host/path, or http://localhost:port on this machine"
        raise refuse(name, without_password(url), allowed)
    return url


def pairs(name: str, *, allowed: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Read pairs such as `leads=Managers`, separated by commas; the second are some of a few.

    The first may have "=" in it; in the second "_" stands for a blank, which not every file takes.
    """
    found = [one.rpartition("=") for one in words(name, default=[])]
    read = [(first.strip(), second.strip().replace("_", " ")) for first, _equals, second in found]
    for first, second in read:
        if not first or second not in allowed:
            shown = ", ".join(f"group={one.replace(' ', '_')}" for one in allowed)
            raise refuse(name, f"{first}={second}", f"each must be one of {shown}")
    return tuple(read)


def secret_key(name: str, *, file: Path, embedded: bool) -> str:
    """Read the secret key; the embedded default makes its own once and keeps it in `file`."""
    key = env.str(name, "")
    if key and len(key) < LEAST_KEY:
        least = f"it must have at least {LEAST_KEY} characters"
        raise ImproperlyConfigured(f"{name} is too short: {least}.")
    if key or not embedded:
        return key or _no_secret_key(name)
    if not file.exists():
        _write_once(file, secrets.token_urlsafe(50))
    return file.read_text()


def former_keys(name: str) -> list[str]:
    """Read earlier values of the secret key, separated by commas."""
    keys = words(name, default=[])
    if any(len(key) < LEAST_KEY for key in keys):
        allowed = f"each must be a key of at least {LEAST_KEY} characters"
        raise refuse(name, "…", allowed)
    return keys


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


def without_password(url: str) -> str:
    """Return an address with its name and password left out, for messages."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://…@{rest.rpartition('@')[2]}" if "@" in rest else url
