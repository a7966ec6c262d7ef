import json
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from operations.parcels import NotSent, Parcel
from operations.webhook import Webhook, is_public, is_web_address, resolved, signature
from tests.infrastructure.receivers import Call, free_port, http_server

PARCEL = Parcel(
    key="3f0e",
    kind="escalated",
    address="li@example.test",
    name="李主管",
    language="zh_Hans_CN",
    title="报事已升级",
    lines=("报事已升级", "投诉"),
    url="https://pinzhi.example.test/tickets/7/",
    at=datetime(2026, 3, 4, 9, tzinfo=UTC),
    facts={"code": "E1-260304-0001", "level": 1},
)


def posted(url: str, secret: str = "shared", private: bool = True) -> None:
    Webhook(url, secret, may_be_private=private).post(PARCEL)


def call(*answers: int) -> Call:
    with http_server(*answers) as server:
        posted(server.url)
    (found,) = server.arrived
    return found


def test_the_receiver_gets_what_happened_as_json() -> None:
    found = call()
    assert found.path == "/hook?of=pinzhi"
    assert json.loads(found.body) == {
        "id": "3f0e",
        "kind": "escalated",
        "at": "2026-03-04T09:00:00+00:00",
        "language": "zh_Hans_CN",
        "title": "报事已升级",
        "text": "报事已升级\n投诉",
        "url": "https://pinzhi.example.test/tickets/7/",
        "recipient": {"name": "李主管", "email": "li@example.test"},
        "facts": {"code": "E1-260304-0001", "level": 1},
    }


def test_the_receiver_can_tell_by_the_signature_that_it_is_ours() -> None:
    found = call()
    expected = signature("shared", found.headers["Pinzhi-Timestamp"], found.body)
    assert found.headers["Pinzhi-Signature"] == f"sha256={expected}"
    assert found.headers["Idempotency-Key"] == "3f0e"


def test_the_signature_is_the_one_that_others_compute() -> None:
    # printf '1.{}' | openssl dgst -sha256 -hmac shared
    assert signature("shared", "1", b"{}") == "4df96c9d351831861e0eecb4322c5cdf1db41aa13137d5ed7718562ee2bab403"


@pytest.mark.parametrize(
    ("secret", "timestamp", "body"), [("other", "1", b"{}"), ("shared", "2", b"{}"), ("shared", "1", b"{ }")]
)
def test_the_signature_hangs_on_secret_moment_and_body(secret: str, timestamp: str, body: bytes) -> None:
    assert signature(secret, timestamp, body) != signature("shared", "1", b"{}")


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_answer_that_is_no_success_is_a_failure(status: int) -> None:
    with http_server(status) as server, pytest.raises(NotSent, match=str(status)):
        posted(server.url)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with http_server(status) as server, pytest.raises(NotSent, match="redirects are not followed"):
        posted(server.url)
    assert [each.path for each in server.arrived] == ["/hook?of=pinzhi"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:10.0.0.1]"]
)
def test_nothing_is_sent_to_a_private_address_unless_that_is_allowed(host: str) -> None:
    with http_server() as server, pytest.raises(NotSent, match="WEBHOOK_ALLOW_PRIVATE"):
        posted(f"http://{host}:{server.port}/", private=False)
    assert server.arrived == []


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*asked: Any, **words: Any) -> Sequence[Any]:
        return [(None, None, None, "", (address, 443)) for address in ("93.184.216.34", "192.168.1.1")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(NotSent, match="not a public one"):
        resolved("example.test", 443, may_be_private=False)
    assert resolved("example.test", 443, may_be_private=True) == "93.184.216.34"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),  # noqa: S104  # an address to refuse
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::a00:1", False),  # 10.0.0.1 behind NAT64
        ("2002:a00:1::", False),  # 10.0.0.1 by 6to4
        ("64:ff9b::5db8:d822", True),
    ],
)
def test_an_address_is_public_only_if_it_leads_into_the_internet(address: str, expected: bool) -> None:
    assert is_public(ip_address(address)) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.test/pinzhi", True),
        ("http://hooks.example.test:8080", True),
        ("https://user:secret@hooks.example.test/", False),
        ("ftp://hooks.example.test/", False),
        ("gopher://hooks.example.test/", False),
        ("https:///nowhere", False),
        ("https://hooks.example.test:99999/", False),
        ("hooks.example.test", False),
    ],
)
def test_a_web_address_has_a_host_and_no_sign_in(url: str, expected: bool) -> None:
    assert is_web_address(url) is expected


def test_where_nobody_listens_nothing_is_sent() -> None:
    with pytest.raises(OSError, match=r"refused|Connection"):
        posted(f"http://127.0.0.1:{free_port()}/")
