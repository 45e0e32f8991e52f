"""mod_event_socket of the simulated switch: one outbound connection to the application, and its commands."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import gevent
from gevent import socket

from fs_app.testing import switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_happenings import Command, Happening, What

MYEVENTS = frozenset(
    {
        "CHANNEL_ANSWER",
        "CHANNEL_BRIDGE",
        "CHANNEL_EXECUTE",
        "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE",
        "CHANNEL_PARK",
        "CHANNEL_STATE",
        "CHANNEL_UNBRIDGE",
        "CHANNEL_UNPARK",
        "DTMF",
    }
)
_CONNECT_SECONDS = 5.0


class Listener:
    """The switch's end of one application's socket."""

    def __init__(self, call: Call, sock: socket.socket, host: str) -> None:
        self.call = call
        self.host = host
        self.diverted = self.connected = self.finished = False
        self._sock = sock
        self._events: set[str] = set()
        self._filters: list[tuple[str, str]] = []  # values as they stand in an event
        self._linger: int | None = None
        self._frozen = False
        self._reader = gevent.spawn(self._read)

    def send(self, data: bytes) -> None:
        """Write to the application; it may be gone."""
        if self._frozen:
            return
        try:
            self._sock.sendall(data)
        except OSError:
            self._finish()

    def wants(self, name: str, body: str) -> bool:
        """Whether an event goes to this socket; one of CUSTOM goes by its subclass. Of several filters one has to
        hold; without any, every event does."""
        if name not in self._events and "ALL" not in self._events:
            return False
        lines = f"\n{body}"
        return not self._filters or any(f"\n{name}: {value}\n" in lines for name, value in self._filters)

    def follows(self, uuid: str) -> bool:
        """Whether it has asked for the events of this channel."""
        return ("Unique-ID", uuid) in self._filters

    def call_ended(self) -> None:
        """The channel is no more: stay as long as ``linger`` asked for, or say goodbye."""
        if self._linger is None:
            self._bye()
            return
        self.send(switch_wire.lingering_notice(self.call.uuid, str(self.call.facts["channel"]), self._linger))
        gevent.spawn_later(self._linger, self._bye)

    def close(self) -> None:
        """Drop the connection without a word, as a switch that dies."""
        self.finished = True
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the reader
        self._sock.close()
        self.call.switch.drop(self)

    def freeze(self, after: bytes = b"") -> None:
        """Stand still, as a process that is stopped: its kernel keeps the connection and takes what is sent."""
        self.send(after)
        self._frozen = True
        self._reader.kill(block=False)

    def _bye(self) -> None:
        if not self.finished:
            self.send(switch_wire.farewell(self.call.uuid))
            self._finish()
        self.close()

    def _finish(self) -> None:
        """Also a socket that the call has no more use for takes the call along with it, as on the real one."""
        if self.finished:
            return
        self.finished = True
        if not self.call.gone and self.call.variables.get("socket_resume") == "true":
            self.call.let_go()
        self.call.stir()

    # --- commands ---

    def _read(self) -> None:
        stream = self._sock.makefile("rb")
        try:
            while not self.finished:
                lines = []
                while (read := stream.readline()).strip(b"\r\n"):
                    lines.append(read.decode("utf-8", "replace").rstrip("\r\n"))
                if not read:
                    break
                if lines:
                    headers = {
                        name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines[1:])
                    }
                    body = stream.read(int(headers.get("content-length", "0")))
                    self._obey(lines[0], headers, body.decode("utf-8", "replace"))
        except OSError:
            pass  # the application is gone, whatever the reason
        if not self.call.gone and not self.finished:
            self.call.tell(Happening(What.SOCKET_CLOSED, self.host))
        self._finish()
        self.close()

    def _obey(self, line: str, headers: dict[str, str], body: str) -> None:
        verb, _, argument = line.partition(" ")
        argument = argument.strip()
        match verb:
            case "connect":
                self._connect()
            case "sendmsg":
                self._sendmsg(argument, headers, body)
            case "api" if argument:
                self.send(switch_wire.api_response(self.call.switch.api(argument)))
            case "bgapi" if argument:
                job = uuid4()
                self.send(switch_wire.command_reply(f"+OK Job-UUID: {job}", f"Job-UUID: {job}\n"))
            case "exit":
                self.send(switch_wire.command_reply("+OK bye"))
                self._bye()
            case _:
                self.send(switch_wire.command_reply(self._settle(verb, argument)))
        self.call.keys.deliver()

    def _settle(self, verb: str, argument: str) -> str:
        """The commands that change what this socket gets; the reply's text."""
        match verb:
            case "linger":
                self._linger = int(argument) if argument.isdigit() else 0
                return f"+OK will linger {argument} seconds" if argument else "+OK will linger"
            case "nolinger":
                self._linger = None
                return "+OK will not linger"
            case "event" if argument.startswith("plain "):
                self._events |= set(argument.split()[1:])
                return "+OK event listener enabled plain"
            case "myevents":
                self._events |= MYEVENTS
                self._filter("Unique-ID", self.call.uuid)
                return "+OK Events Enabled"
            case "filter" if argument.startswith("delete "):
                name, _, value = argument.removeprefix("delete ").partition(" ")
                self._filters = [one for one in self._filters if one != (name, switch_wire.encode(value))]
                return f"+OK filter deleted. [{name}][{value}]"
            case "filter" if argument:
                name, _, value = argument.partition(" ")
                self._filter(name, value)
                return f"+OK filter added. [{name}]=[{value}]"
            case "divert_events" if argument in ("on", "off"):
                self.diverted = argument == "on"
                return "+OK events diverted" if self.diverted else "+OK events not diverted"
            case _:
                return "-ERR command not found"

    def _filter(self, name: str, value: str) -> None:
        self._filters.append((name, switch_wire.encode(value)))

    def _connect(self) -> None:
        call = self.call
        headers = switch_wire.event_headers("CHANNEL_DATA", call.switch.next_sequence(), call.facts, call.variables)
        self.send(switch_wire.connect_reply(headers))
        self.connected = True
        call.stir()

    def _sendmsg(self, uuid: str, headers: dict[str, str], body: str) -> None:
        target = self.call if uuid in ("", self.call.uuid) else self.call.switch.calls.get(uuid)
        if target is None:
            self.send(switch_wire.command_reply(f"-ERR invalid session id [{uuid}]"))
            return
        self.send(switch_wire.command_reply("+OK"))
        if headers.get("call-command") == "execute":
            data = headers.get("execute-app-arg") or body
            locked = headers.get("event-lock") == "true"
            name = headers.get("execute-app-name", "")
            target.queue(Command(name, data, headers.get("event-uuid") or str(uuid4()), locked))
        elif headers.get("call-command") == "hangup":
            target.end(headers.get("hangup-cause") or "NORMAL_CLEARING", by="application")


def run_socket(call: Call, data: str) -> None:
    """The ``socket`` application: connect to the first host that answers, then park and do what it says.

    When the application goes without hanging up, ``socket_resume`` decides: the dialplan goes on at once, and what
    ran is cut, a talk with an agent included; or it goes on when that has ended.
    """
    for host in data.split()[0].split("|"):
        address, _, port = host.rpartition(":")
        try:
            sock = socket.create_connection((address, int(port)), timeout=_CONNECT_SECONDS)
        except OSError as error:
            call.log("ERR", f"Socket Error: {error.strerror}")
            continue
        sock.settimeout(None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _serve(call, sock, address, host)
        return
    call.log("ERR", "Socket Error!")


def _serve(call: Call, sock: socket.socket, address: str, host: str) -> None:
    call.variables["socket_host"] = address
    call.cut = False
    listener = Listener(call, sock, host)
    call.sockets.append(listener)
    call.switch.listeners.add(listener)
    call.tell(Happening(What.CONNECTED, host))
    call.wait(None, lambda: listener.connected or listener.finished, listening=False)
    gevent.sleep(call.switch.tick)
    call.fire("CHANNEL_PARK")

    call.wait(None, lambda: call.following is not None or call.cut or listener.finished)
    call.fire("CHANNEL_UNPARK")
    if listener.finished:
        listener.close()
