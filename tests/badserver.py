"""A server that answers in a chosen way: badly."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import gevent
from gevent.server import StreamServer

Reply = Callable[[socket.socket], None]


def answering(status: str, body: bytes = b"", length: int | None = None) -> Reply:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml; charset=utf-8\r\nContent-Length: "
    size = len(body) if length is None else length
    return lambda sock: sock.sendall(head.encode() + str(size).encode() + b"\r\n\r\n" + body)


def dripping(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
    while True:
        sock.sendall(b" ")
        gevent.sleep(0.05)


def resetting(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def nothing(sock: socket.socket) -> None:
    """Close without an answer."""


def silent(sock: socket.socket) -> None:
    gevent.sleep(30)


@contextmanager
def failing(reply: Reply) -> Iterator[int]:
    server = StreamServer(("127.0.0.1", 0), lambda sock, _: _serve(sock, reply))
    server.start()
    try:
        yield server.server_port
    finally:
        server.stop(timeout=0)


def _serve(sock: socket.socket, reply: Reply) -> None:
    _swallow_request(sock)
    try:
        reply(sock)
    except OSError:
        return  # the client has given up, as it should
    finally:
        sock.close()


def _swallow_request(sock: socket.socket) -> None:
    """Read one request to its end and keep nothing of it."""
    file = sock.makefile("rb")
    length = 0
    while (line := file.readline().strip()) != b"":
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    file.read(length)
    file.close()
