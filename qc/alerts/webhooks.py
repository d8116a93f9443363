"""Posts to a webhook, and never to a machine of our own network unless the settings allow it.

The name is resolved once, and the request goes to the very address that was looked at: a name
that points elsewhere a moment later is of no use. Redirects are not followed. Of the answer
nothing but its status is read.
"""

import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from qc.core.exceptions import QCError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# For connecting and for each answer of the other side; and for all of it.
SECONDS = 5
SECONDS_IN_ALL = 10
PORTS = {"http": 80, "https": 443}
# IPv4 addresses in the clothes of IPv6, as a network without IPv4 translates them.
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Undelivered(QCError):
    """A message could not be sent; the text says why, and names no secret."""


class Target(NamedTuple):
    """Where a webhook is: the parts of its address, and the machine's own one."""

    is_secure: bool
    host: str
    port: int
    path: str
    address: str


class PinnedConnection(HTTPConnection):
    """A connection to an address that was looked at, whatever its name resolves to by now."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=SECONDS)
        self.target = target

    def connect(self) -> None:
        """Connect to the address; the certificate must be that of the name."""
        place = (self.target.address, self.target.port)
        self.sock = socket.create_connection(place, self.timeout)
        if self.target.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)


def check(url: str) -> None:
    """Raise Undelivered for what is no webhook, or obviously one that is not allowed."""
    parts = _parts(url)
    try:
        literal = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        if parts.scheme == "http" and not settings.QC_ALERT_NETWORKS:
            raise Undelivered(_("The address must begin with https://.")) from None
    else:
        _check_address(literal, parts)


def post(url: str, text: str) -> None:
    """Post a text as chats take it. Raises Undelivered with the reason."""
    target = _resolved(_parts(url))
    body = json.dumps({"text": text}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "QC-Desk"}
    try:
        with _limited(PinnedConnection(target)) as connection:
            connection.request("POST", target.path, body, headers)
            status = connection.getresponse().status
    except TimeoutError as error:
        raise Undelivered(_("no answer in time")) from error
    except ssl.SSLError as error:
        raise Undelivered(_("its certificate is not valid")) from error
    except (OSError, HTTPException) as error:
        raise Undelivered(
            _("no connection (%(error)s)") % {"error": type(error).__name__}
        ) from error
    if not 200 <= status < 300:
        raise Undelivered(_("the answer was %(status)d") % {"status": status})


@contextmanager
def _limited(connection: PinnedConnection) -> Iterator[PinnedConnection]:
    """Break the connection off when all of it takes too long, however it trickles."""
    over: list[bool] = []

    def break_off() -> None:
        over.append(True)
        with suppress(OSError, AttributeError):
            # Who reads it wakes up, as it would not by `close`.
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(SECONDS_IN_ALL, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield connection
    except (OSError, HTTPException, ValueError) as error:
        raise TimeoutError if over else error from error
    finally:
        timer.cancel()
        connection.close()


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_whole = False
    plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    if not (is_whole and plain and parts.scheme in PORTS and "@" not in parts.netloc):
        raise Undelivered(_("Enter an address such as https://chat.example.com/hooks/…"))
    return parts


def _resolved(parts: SplitResult) -> Target:
    """Return where to connect to: the first address of the name, once all of them are allowed."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Undelivered(_("there is no machine of this name")) from error
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        _check_address(ipaddress.ip_address(address.partition("%")[0]), parts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, path, addresses[0])


def _check_address(address: Address, parts: SplitResult) -> None:
    """Refuse private networks that are not allowed, and open http to all others."""
    plain = _without_clothes(address)
    if any(plain in network for network in settings.QC_ALERT_NETWORKS):
        return
    if not plain.is_global or plain.is_multicast:
        raise Undelivered(_("addresses of private networks are not allowed (QC_ALERT_NETWORKS)"))
    if parts.scheme != "https":
        raise Undelivered(_("The address must begin with https://."))


def _without_clothes(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
