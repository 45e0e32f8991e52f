"""A TCP proxy that hands on what a client says after a while: a database or a gateway that has become slow.

``python -m fs_app.bench.delay LISTEN TARGET SECONDS``. Answers are handed on at once.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress

import gevent
from gevent import socket
from gevent.queue import Queue
from gevent.server import StreamServer


def _later(source: socket.socket, target: socket.socket, seconds: float) -> None:
    waiting: Queue[tuple[float, bytes]] = Queue()
    gevent.spawn(_hand_on, waiting, target)
    while data := _received(source):
        waiting.put((time.monotonic() + seconds, data))
    waiting.put((0.0, b""))


def _hand_on(waiting: Queue[tuple[float, bytes]], target: socket.socket) -> None:
    while True:
        due, data = waiting.get()
        gevent.sleep(max(0.0, due - time.monotonic()))
        with suppress(OSError):
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def main(listen: int, target: int, seconds: float) -> None:
    """Serve for ever."""

    def serve(client: socket.socket, _address: object) -> None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", target)) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            asking = gevent.spawn(_later, client, server, seconds)
            while data := _received(server):
                client.sendall(data)
            asking.kill()

    StreamServer(("127.0.0.1", listen), serve).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
