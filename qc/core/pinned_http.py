"""Posts to a webhook, and never to a machine of our own network unless the settings allow it.

The name is resolved once, and the request goes to the very address that was looked at: a name
that points elsewhere a moment later is of no use. Redirects are not followed. Of the answer
no more is read than its status and headers, and the beginning of its text where that is wanted.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Thread, Timer
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from qc.core.exceptions import QCError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
# IPv4 addresses in the clothes of IPv6, as a network without IPv4 translates them.
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# All of the internet's; Python takes others for global too, such as ::127.0.0.1 and fec0::1.
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


class Undelivered(QCError):
    """A message could not be sent; the text says why, and names no secret."""


class Limits(NamedTuple):
    """How many seconds each step may take, and all of it; what is read of a text.

    Steps are to look up the name, to connect, and to wait for each part of the answer.

    `bytes` of 0 reads nothing of the answer's text.
    """

    seconds: float
    seconds_in_all: float
    bytes: int = 0


class HTTPAnswer(NamedTuple):
    """What the other side has answered; `headers` by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def is_success(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300


class Target(NamedTuple):
    """Where a webhook is: the parts of its address, and the machine's own one."""

    is_secure: bool
    host: str
    port: int
    path: str
    address: str


class PinnedConnection(HTTPConnection):
    """A connection to an address that was looked at, whatever its name resolves to by now."""

    def __init__(self, target: Target, seconds: float) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self.target = target
        self.is_over = False

    def connect(self) -> None:
        """Connect to the address; the certificate must be that of the name."""
        place = (self.target.address, self.target.port)
        self.sock = socket.create_connection(place, self.timeout)
        if self.target.is_secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)
        if self.is_over:
            # While it was being secured, there was nothing that could be shut down.
            raise TimeoutError


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


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> HTTPAnswer:
    """Post a JSON body; return the answer, whatever it is. Raises Undelivered with the reason."""
    end = time.monotonic() + limits.seconds_in_all
    target = _resolved(_parts(url), min(limits.seconds, limits.seconds_in_all))
    every = {"Content-Type": "application/json", "User-Agent": "QC-Desk", **headers}
    try:
        with _limited(PinnedConnection(target, limits.seconds), end) as connection:
            connection.request("POST", target.path, body, every)
            return _read(connection.getresponse(), limits.bytes)
    except TimeoutError as error:
        raise Undelivered(_("no answer in time")) from error
    except ssl.SSLError as error:
        raise Undelivered(_("its certificate is not valid")) from error
    except (OSError, HTTPException) as error:
        raise Undelivered(
            _("no connection (%(error)s)") % {"error": type(error).__name__}
        ) from error


def _read(response: HTTPResponse, most: int) -> HTTPAnswer:
    text = b""
    if most:
        # The status has come: what is wrong with the rest is of no account.
        with suppress(OSError, HTTPException, ValueError):
            text = response.read(most)
    headers = {name.lower(): value for name, value in response.getheaders()}
    return HTTPAnswer(response.status, headers, text.decode(errors="replace"))


@contextmanager
def _limited(connection: PinnedConnection, end: float) -> Iterator[PinnedConnection]:
    """Break the connection off at the end of all its time, however it trickles."""

    def break_off() -> None:
        connection.is_over = True
        with suppress(OSError, AttributeError):
            # Who reads it wakes up, as it would not by `close`.
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(end - time.monotonic(), break_off)
    timer.daemon = True
    timer.start()
    try:
        yield connection
    except (OSError, HTTPException, ValueError) as error:
        raise TimeoutError if connection.is_over else error from error
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


def _resolved(parts: SplitResult, seconds: float) -> Target:
    """Return where to connect to: the first address of the name, once all of them are allowed."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        found = _looked_up(host, port, seconds)
    except TimeoutError as error:
        raise Undelivered(_("its name could not be looked up in time")) from error
    except (OSError, UnicodeError) as error:
        raise Undelivered(_("there is no machine of this name")) from error
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        _check_address(ipaddress.ip_address(address.partition("%")[0]), parts)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, path, addresses[0])


def _looked_up(host: str, port: int, seconds: float) -> list[Any]:
    """Return what the system knows by a name. Raises TimeoutError, OSError, UnicodeError.

    It can't be told how long to ask name servers that are silent, so it asks in a thread of its
    own, which ends when the system gives up.
    """
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            found.set_exception(error)

    Thread(target=look_up, daemon=True).start()
    return found.result(seconds)


def _check_address(address: Address, parts: SplitResult) -> None:
    """Refuse private networks that are not allowed, and open http to all others."""
    plain = _without_clothes(address)
    if any(plain in network for network in settings.QC_ALERT_NETWORKS):
        return
    if not _is_in_the_internet(plain):
        raise Undelivered(_("addresses of private networks are not allowed (QC_ALERT_NETWORKS)"))
    if parts.scheme != "https":
        raise Undelivered(_("The address must begin with https://."))


def _is_in_the_internet(address: Address) -> bool:
    is_unicast = address.version == 4 or address in GLOBAL_UNICAST
    return is_unicast and address.is_global and not address.is_multicast


def _without_clothes(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
