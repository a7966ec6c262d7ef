"""Messages out by webhook: signed JSON to one address that is checked before anything is sent to it."""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from threading import Timer
from time import time
from urllib.parse import urlsplit

from operations.parcels import NotSent, Parcel

TIME_LIMIT = 10  # seconds for each step
WHOLE_TIME_LIMIT = 20  # seconds for all of them: an answer that drips in would otherwise take for ever
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages are posted to, and the secret they are signed with.

    A name may lead into the company's own network, so the address that it has now is checked, and it is to exactly
    this one that the connection is made. No answer leads anywhere else.
    """

    url: str
    secret: str
    may_be_private: bool = False

    @contextmanager
    def opened(self) -> Iterator[Callable[[Parcel], None]]:
        """What posts a parcel, raising OSError unless the answer is a success."""
        yield self.post

    def post(self, parcel: Parcel) -> None:
        """Post it, as long as the other side answers within the time limits."""
        parts = urlsplit(self.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = self._connection(parts.scheme, parts.hostname or "", port)
        timer = Timer(WHOLE_TIME_LIMIT, _cut, [connection])
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            connection.request("POST", path, *_signed(parcel, self.secret))
            status = connection.getresponse().status
        except http.client.HTTPException as error:
            raise NotSent(f"no HTTP answer: {type(error).__name__}") from error
        finally:
            timer.cancel()
            connection.close()
        if not 200 <= status < 300:
            raise NotSent(f"answered with {status}{': redirects are not followed' if 300 <= status < 400 else ''}")

    def _connection(self, scheme: str, host: str, port: int) -> http.client.HTTPConnection:
        address = resolved(host, port, self.may_be_private)
        if scheme == "https":
            return _Tls(host, port, address)
        return _Plain(host, port, address)


def is_web_address(url: str) -> bool:
    """Whether messages can be posted there: http or https, a host, no sign-in hidden in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False


def resolved(host: str, port: int, may_be_private: bool) -> str:
    """The address that the name has now. Raises NotSent if any that it has is not public, unless it may be private."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NotSent("the name of the host has no address") from error
    if not may_be_private and not all(is_public(ip_address(address)) for address in found):
        raise NotSent("the address is not a public one, and WEBHOOK_ALLOW_PRIVATE is not set")
    return found[0]


def is_public(address: Address) -> bool:
    """Whether the address leads into the internet: also one that another is wrapped in."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    is_local = isinstance(address, IPv6Address) and address.is_site_local  # is_global says nothing of these
    return address.is_global and not (is_local or address.is_multicast or address.is_reserved or address.is_unspecified)


def _wrapped(address: Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the receiver computes too, with the secret that both have: HMAC-SHA256 over `timestamp.body`, as hex."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _signed(parcel: Parcel, secret: str) -> tuple[bytes, dict[str, str]]:
    """The body, the same each time, and the headers, of which the timestamp is that of this attempt."""
    body = json.dumps(_content(parcel), ensure_ascii=False, sort_keys=True).encode()
    timestamp = str(int(time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Pinzhi",
        "Idempotency-Key": parcel.key,
        "Pinzhi-Timestamp": timestamp,
        "Pinzhi-Signature": f"sha256={signature(secret, timestamp, body)}",
    }
    return body, headers


def _content(parcel: Parcel) -> dict[str, object]:
    return {
        "id": parcel.key,
        "kind": parcel.kind,
        "at": parcel.at.isoformat(),
        "language": parcel.language,
        "title": parcel.title,
        "text": "\n".join(parcel.lines),
        "url": parcel.url or None,
        "recipient": {"name": parcel.name, "email": parcel.address},
        "facts": dict(parcel.facts),
    }


def _cut(connection: http.client.HTTPConnection) -> None:
    """End what takes too long: whoever waits for the other side meets an error."""
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


class _Plain(http.client.HTTPConnection):
    """A connection to the checked address of the host, whatever its name means by then."""

    def __init__(self, host: str, port: int, address: str) -> None:
        super().__init__(host, port, timeout=TIME_LIMIT)
        self.address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), TIME_LIMIT)


class _Tls(_Plain):
    """The same, encrypted, with a certificate for the name."""

    default_port = 443

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        wrapped = context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = wrapped
        wrapped.do_handshake()
