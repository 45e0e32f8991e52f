"""The HTTP provider against a server that answers, refuses, stalls, drips and drops."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import pytest
from gevent.pywsgi import WSGIHandler, WSGIServer

from fs_app.domain.contact import Contact
from fs_app.messaging.http import HttpMessenger, HttpProvider, delivery_of
from fs_app.ports import Delivery, Message

MESSAGE = Message(Contact.parse("mail:a@example.org"), 'Paid "42" {to}', "order-1", "Your payment")
BODY = {"to": "{to}", "content": [{"type": "text", "value": "{subject}: {text}"}], "id": "{key}", "track": None}
SECONDS = 5.0  # longer than any busy machine needs


class Provider:
    """Takes messages on a loopback port and does with each what the test says."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], Any]] = []
        self.answer: Callable[[Any], None] | None = None
        self.status = "200 OK"
        self.server = WSGIServer(("127.0.0.1", 0), self._serve, log=None, error_log=None, handler_class=_Handler)
        self.server.start()

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return f"http://127.0.0.1:{self.server.server_port}/send?v=1"

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        headers = {name.removeprefix("HTTP_"): str(value) for name, value in environ.items()}
        self.taken.append((headers, json.loads(environ["wsgi.input"].read())))
        if self.answer is not None:
            self.answer(environ["fs_app.socket"])
        start_response(self.status, [("Content-Length", "2"), ("Location", "/elsewhere")])
        return [b"{}"]


class _Handler(WSGIHandler):
    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["fs_app.socket"] = self.socket
        return environ


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.stop(timeout=0)


def messenger(url: str, *, connect: float = SECONDS, read: float = SECONDS, **headers: str) -> HttpMessenger:
    return HttpMessenger(HttpProvider(url, BODY, headers, connect_seconds=connect, read_seconds=read))


def test_what_a_provider_gets(provider: Provider, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert messenger(provider.url, Authorization="Bearer abc").send(MESSAGE) is Delivery.SENT
    ((headers, body),) = provider.taken
    assert body == {
        "to": "a@example.org",
        "content": [{"type": "text", "value": 'Your payment: Paid "42" {to}'}],
        "id": "order-1",
        "track": None,
    }
    assert (headers["IDEMPOTENCY_KEY"], headers["AUTHORIZATION"]) == ("order-1", "Bearer abc")
    assert headers["CONTENT_TYPE"] == "application/json"


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        (200, Delivery.SENT),
        (202, Delivery.SENT),
        (302, Delivery.REFUSED),
        (400, Delivery.REFUSED),
        (401, Delivery.REFUSED),
        (404, Delivery.REFUSED),
        (408, Delivery.NOT_SENT),
        (409, Delivery.UNKNOWN),
        (422, Delivery.REFUSED),
        (429, Delivery.NOT_SENT),
        (500, Delivery.UNKNOWN),
        (502, Delivery.UNKNOWN),
        (503, Delivery.NOT_SENT),
        (504, Delivery.UNKNOWN),
    ],
)
def test_every_status_means_something(status: int, delivery: Delivery) -> None:
    assert delivery_of(status) is delivery


@pytest.mark.parametrize(
    ("status", "delivery"),
    [("302 Found", Delivery.REFUSED), ("429 Slow", Delivery.NOT_SENT), ("500 Oh", Delivery.UNKNOWN)],
)
def test_a_status_that_comes_over_the_wire(provider: Provider, status: str, delivery: Delivery) -> None:
    provider.status = status
    assert messenger(provider.url).send(MESSAGE) is delivery
    assert len(provider.taken) == 1  # no redirect is followed, nothing is tried again


def drop(peer: Any) -> None:
    """Cut the connection."""
    peer.shutdown(socket.SHUT_RDWR)


def reset(peer: Any) -> None:
    """Cut it with a reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    while peer._io_refs:  # what reads the request would keep it open
        peer._decref_socketios()
    peer.close()


def garble(peer: Any) -> None:
    """Answer something that is not HTTP."""
    peer.sendall(b"NO CARRIER\r\n\r\n")
    drop(peer)


def stall(_: Any) -> None:
    """Say nothing until nobody waits any more."""
    gevent.sleep(20)


def drip(peer: Any) -> None:
    """Send a header that never ends, so that no single wait is long."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        peer.sendall(b"x")
        gevent.sleep(0.05)


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        (drop, {}),
        (reset, {}),
        (garble, {}),
        (stall, {"read": 0.3}),
        (drip, {"connect": 1.0, "read": 0.5}),  # together they are the limit of the whole
    ],
)
def test_taken_without_a_trusted_answer(
    provider: Provider, answer: Callable[[Any], None], limits: dict[str, float]
) -> None:
    provider.answer = answer
    with gevent.Timeout(0.9 * SECONDS):
        assert messenger(provider.url, **limits).send(MESSAGE) is Delivery.UNKNOWN
    assert len(provider.taken) == 1


def test_a_body_that_never_comes_is_not_waited_for(provider: Provider) -> None:
    def answer(peer: Any) -> None:
        peer.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\nx")
        gevent.sleep(20)

    provider.answer = answer
    with gevent.Timeout(0.9 * SECONDS):
        assert messenger(provider.url).send(MESSAGE) is Delivery.SENT


def test_no_connection_is_certainly_not_sent(provider: Provider) -> None:
    url = provider.url
    provider.server.stop(timeout=0)
    assert messenger(url).send(MESSAGE) is Delivery.NOT_SENT


def test_no_such_host_is_certainly_not_sent() -> None:
    assert messenger("http://nobody.invalid/send").send(MESSAGE) is Delivery.NOT_SENT


def test_a_deadline_of_the_caller_is_not_an_answer(provider: Provider) -> None:
    provider.answer = stall
    with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
        messenger(provider.url).send(MESSAGE)
