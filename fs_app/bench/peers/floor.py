"""The floor: a bare gevent server that frames bytes and finds the headers it needs by search. Nothing else.

No deadline, no gate, no check of what comes, no end of a call that hangs up: what a server can cost at best while
one greenlet a call waits in ``recv``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress

from gevent import monkey

monkey.patch_all()

from gevent import socket  # noqa: E402
from gevent.server import StreamServer  # noqa: E402

from fs_app.bench.peers import script  # noqa: E402


class Conversation:
    """One call."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self.keys = ""

    def frame(self) -> tuple[bytes, bytes]:
        """The next message: head and body."""
        buffer = self._buffer
        while (end := buffer.find(b"\n\n")) < 0:
            buffer += self._more()
        head, length = buffer[:end], 0
        at = head.find(b"Content-Length: ")
        if at >= 0:
            stop = head.find(b"\n", at)
            length = int(head[at + 16 : stop if stop >= 0 else len(head)])
        whole = end + 2 + length
        while len(buffer) < whole:
            buffer += self._more()
        self._buffer = buffer[whole:]
        return head, buffer[end + 2 : whole]

    def _more(self) -> bytes:
        data = self._sock.recv(65536)
        if not data:
            raise EOFError
        return data

    def command(self, text: bytes) -> bytes:
        """Send a command and read its reply; keys that come in between are kept."""
        self._sock.sendall(text)
        while True:
            head, body = self.frame()
            if head.startswith(b"Content-Type: ") or b"Reply-Text" in head:
                return head + body
            self._take(body)

    def execute(self, application: bytes, argument: bytes) -> bytes:
        """Run an application and wait for its completion."""
        self.command(
            b"sendmsg\ncall-command: execute\nexecute-app-name: %b\nexecute-app-arg: %b\nevent-lock: true\n\n"
            % (application, argument)
        )
        while True:
            _, body = self.frame()
            if body.startswith(b"Event-Name: CHANNEL_EXECUTE_COMPLETE"):
                at = body.rfind(b"\nApplication: ")
                if body.startswith(application, at + 14):
                    return body
            else:
                self._take(body)

    def gather(self, digits: int) -> None:
        """Take so many keys of the private keypad."""
        while len(self.keys) < digits:
            _, body = self.frame()
            self._take(body)
        self.keys = ""

    def _take(self, body: bytes) -> None:
        at = body.find(b"\ndigits: ")
        if body.startswith(b"uuid_setvar: ") and at >= 0:
            self.keys += chr(body[at + 9])


def play_gather(call: Conversation) -> None:
    """The call with play_and_get_digits."""
    call.command(b"connect\n\n")
    call.command(b"linger 10\n\n")
    call.command(b"event plain " + script.EVENTS.encode() + b"\n\n")
    call.execute(b"answer", b"")
    for _ in range(script.ROUNDS):
        for _ in range(script.PROMPTS):
            call.execute(b"playback", script.PROMPT.encode())
        call.execute(b"play_and_get_digits", script.GATHER_ARGUMENT.encode())
    for name, value in script.VARIABLES:
        call.execute(b"set", f"{name}={value}".encode())
    call.execute(b"hangup", b"")


def play_keypad(call: Conversation) -> None:
    """The call with the private keypad: what our channel says, said by hand."""
    reply = call.command(b"connect\n\n")
    at = reply.find(b"\nUnique-ID: ") + 12
    uuid = reply[at : reply.find(b"\n", at)]
    for text in (b"linger 10", b"filter Unique-ID " + uuid, b"event plain " + script.EVENTS.encode()):
        call.command(text + b"\n\n")
    call.command(b"divert_events on\n\n")
    call.command(b"api uuid_buglist %b\n\n" % uuid)
    for application, argument in (
        (b"answer", b""),
        (b"set", b"sensitive_dtmf=true"),
        (b"clear_digit_action", b"all"),
        (b"bind_digit_action", b"keys,~[0-9*#],api:uuid_setvar,%b last_matching_digits" % uuid),
        (b"digit_action_set_realm", b"keys"),
    ):
        call.execute(application, argument)
    for _ in range(script.ROUNDS):
        for _ in range(script.PROMPTS):
            call.execute(b"playback", script.PROMPT.encode())
        call.execute(b"playback", script.QUESTION.encode())
        call.gather(len(script.KEYS))
    call.execute(b"hangup", b"")


PLAYS: dict[str, Callable[[Conversation], None]] = {"gather": play_gather, "keypad": play_keypad}


def main(port: int, kind: str) -> None:
    """Serve for ever."""
    play = PLAYS[kind]

    def handle(sock: socket.socket, _address: object) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(EOFError, OSError):
            play(Conversation(sock))
        sock.close()

    StreamServer(("127.0.0.1", port), handle, backlog=4096).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
