"""The lower floor: the hub frames what arrives and wakes the call's greenlet only for what it waits for."""

from __future__ import annotations

import sys
from contextlib import suppress

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

from fs_app.bench.peers import floor  # noqa: E402

_READ = 1
plain_socket = monkey.get_original("socket", "socket")


class Conversation(floor.Conversation):
    """One call: a persistent read watcher instead of a greenlet that waits in ``recv``."""

    def __init__(self, sock: gevent.socket.socket) -> None:
        super().__init__(sock)
        self._raw = plain_socket(fileno=sock.detach())
        self._raw.setblocking(False)
        self._hub = gevent.get_hub()
        self._greenlet = gevent.getcurrent()
        self._wanted = b""
        self._watcher = self._hub.loop.io(self._raw.fileno(), _READ)
        self._watcher.start(self._readable)

    def close(self) -> None:
        """Let go of the watcher."""
        self._watcher.stop()
        self._watcher.close()
        self._raw.close()

    def command(self, text: bytes) -> bytes:
        """Send a command; wait for its reply."""
        return self._sent(text, b"Reply-Text")

    def execute(self, application: bytes, argument: bytes) -> bytes:
        """Run an application; wait for its completion alone, not for the reply before it."""
        text = (
            b"sendmsg\ncall-command: execute\nexecute-app-name: %b\nexecute-app-arg: %b\nevent-lock: true\n\n"
            % (application, argument)
        )
        return self._sent(text, b"\nApplication: " + application)

    def gather(self, digits: int) -> None:
        """Take so many keys."""
        while len(self.keys) < digits:
            self._wait(b"uuid_setvar: ")
        self.keys = ""

    def _sent(self, text: bytes, wanted: bytes) -> bytes:
        self._raw.send(text)
        return self._wait(wanted)

    def _wait(self, wanted: bytes) -> bytes:
        self._wanted = wanted
        got = self._hub.switch()
        if got is None:
            raise EOFError
        return bytes(got)

    def _readable(self) -> None:
        data = self._raw.recv(65536)
        if not data:
            self._greenlet.switch(None)
            return
        self._buffer += data
        while (got := self._cut()) is not None:
            head, body = got
            if body.startswith(b"uuid_setvar: "):
                self.keys += chr(body[body.find(b"\ndigits: ") + 9])
                message = body
            else:
                message = head + body
            wanted = self._wanted
            if wanted and (message.rfind(wanted) >= 0 or (wanted == b"Reply-Text" and b"api/response" in head)):
                self._wanted = b""
                self._greenlet.switch(message)

    def _cut(self) -> tuple[bytes, bytes] | None:
        buffer = self._buffer
        end = buffer.find(b"\n\n")
        if end < 0:
            return None
        head, length = buffer[:end], 0
        at = head.find(b"Content-Length: ")
        if at >= 0:
            stop = head.find(b"\n", at)
            length = int(head[at + 16 : stop if stop >= 0 else len(head)])
        whole = end + 2 + length
        if len(buffer) < whole:
            return None
        self._buffer = buffer[whole:]
        return head, buffer[end + 2 : whole]


def main(port: int, kind: str) -> None:
    """Serve for ever."""
    play = floor.PLAYS[kind]

    def handle(sock: gevent.socket.socket, _address: object) -> None:
        sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
        call = Conversation(sock)
        with suppress(EOFError, OSError):
            play(call)
        call.close()

    StreamServer(("127.0.0.1", port), handle, backlog=4096).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
