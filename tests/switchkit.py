"""The application's end of an outbound event socket, held by hand against the simulated switch."""

from __future__ import annotations

import re
from urllib.parse import unquote

from gevent import socket

SECONDS = 5.0


class Application:
    """The application's end of one call, by hand. A second one on the same ``listener`` is the next connection."""

    def __init__(self, listener: socket.socket | None = None) -> None:
        self.listener = listener or socket.socket()
        if listener is None:
            self.listener.bind(("127.0.0.1", 0))
            self.listener.listen()
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.received = b""

    def accept(self, *, filtered: bool = True, divert: bool = True) -> None:
        self.listener.settimeout(SECONDS)
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(SECONDS)
        self.sock.sendall(b"connect\n\n")
        self.until(rb"Control: full\n\n")
        uuid = re.search(rb"\nUnique-ID: (\S+)", self.received)
        assert uuid
        self.say(b"event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP DTMF", b"enabled plain")
        if filtered:
            self.say(b"filter Unique-ID " + uuid[1], b"filter added")
        if divert:
            self.say(b"divert_events on", b"diverted")

    def say(self, command: bytes, answer: bytes) -> None:
        self.sock.sendall(command + b"\n\n")
        self.until(answer)

    def execute(self, application: str, data: str = "", *, uuid: str = "", locked: bool = True) -> None:
        text = f"sendmsg\ncall-command: execute\nexecute-app-name: {application}\nexecute-app-arg: {data}\n"
        text += f"Event-UUID: {uuid or application}\n" + ("event-lock: true\n" if locked else "")
        self.sock.sendall(text.encode() + b"\n")

    def done(self, uuid: str) -> None:
        self.until(rb"Application-UUID: " + uuid.encode() + rb"\n")

    def until(self, pattern: bytes) -> None:
        while not re.search(pattern, self.received):
            data = self.sock.recv(65536)
            assert data, f"closed before {pattern!r}"
            self.received += data

    def ask(self, api: str) -> str:
        """What an API answers."""
        start = len(self.received)
        self.sock.sendall(f"api {api}\n\n".encode())
        while True:
            answer = re.search(rb"api/response\nContent-Length: (\d+)\n\n", self.received[start:])
            if answer and len(self.received) >= start + answer.end() + int(answer[1]):
                begin = start + answer.end()
                return self.received[begin : begin + int(answer[1])].decode()
            data = self.sock.recv(65536)
            assert data, f"closed before {api} was answered"
            self.received += data

    def hears(self, events: str) -> None:
        """Subscribe to more events."""
        self.say(f"event plain {events}".encode(), b"enabled plain")

    def events(self, *names: str) -> list[str]:
        """The names of those that have come, in order; of several applications, which."""
        found = re.findall(rb"\nEvent-Name: (\S+)(.*?)\n\n", self.received, re.DOTALL)
        told = []
        for name, rest in found:
            detail = re.search(rb"\n(?:Application|CC-Action|DTMF-Digit|FIFO-Action): (\S+)", rest)
            text = name.decode() + (f" {unquote(detail[1].decode())}" if detail else "")
            if not names or name.decode() in names:
                told.append(text)
        return told

    def completed(self) -> list[str]:
        return [uuid.decode() for uuid in re.findall(rb"\nApplication-UUID: (\S+)", self.received)]
