"""What a switch writes, prepared: 6.5 kB an event, as FreeSWITCH 1.10.12 forms them, at a microsecond each."""

from __future__ import annotations

from collections.abc import Mapping

from fs_app.testing import switch_headers, switch_wire

_UUID = "aaaaaaaa-0000-4000-8000-aaaaaaaaaaaa"
_NUMBER = "19999999999"

OK = switch_wire.command_reply("+OK")
API_OK = switch_wire.api_response("+OK\n")
NO_BUGS = switch_wire.api_response("<media-bugs>\n</media-bugs>\n")
TRUE = switch_wire.api_response("true")
_PLAYED = {"playback": "FILE PLAYED"}


class Frames:
    """The messages of one switch."""

    def __init__(self) -> None:
        facts = _facts()
        variables = switch_wire.channel_variables(facts)
        connect = switch_wire.event_headers("CHANNEL_DATA", 1, facts, variables)
        self._connect = _parts(switch_wire.connect_reply(connect))
        variables |= switch_headers.ANSWERED_VARIABLES
        done = switch_wire.event_headers("CHANNEL_EXECUTE_COMPLETE", 2, facts, variables)
        self._done = _parts(switch_wire.render(done).encode())
        hangup = switch_wire.event_headers("CHANNEL_HANGUP", 3, {**facts, "cause": "NORMAL_CLEARING"}, variables)
        self._hangup = _parts(switch_wire.render(hangup).encode() + b"\n\n")
        self._keys = {
            key: _message(switch_wire.key_body("uuid_setvar", f"{_UUID} last_matching_digits", key).encode())
            for key in "0123456789*#"
        }

    def connect(self, uuid: bytes, number: bytes) -> bytes:
        """The reply to ``connect``."""
        return uuid.join(self._connect).replace(_NUMBER.encode(), number)

    def done(self, uuid: bytes, application: str, argument: str, event_uuid: str) -> tuple[bytes, bytes]:
        """The completion of an application: head and body, which a switch sends one after the other."""
        tail = (
            f"\nvariable_current_application: {application}\n"
            f"Application: {application}\nApplication-Data: {argument}\n"
            f"Application-Response: {_PLAYED.get(application, '_none_')}\nApplication-UUID: {event_uuid}\n\n"
        )
        body = uuid.join(self._done) + tail.encode()
        return b"Content-Length: %d\nContent-Type: text/event-plain\n\n" % len(body), body

    def hangup(self, uuid: bytes) -> bytes:
        """The caller's leg has ended."""
        return _message(uuid.join(self._hangup))

    def key(self, key: str) -> bytes:
        """A key of the private keypad."""
        return self._keys[key]

    def farewell(self, uuid: bytes) -> bytes:
        """The socket closes now."""
        return switch_wire.farewell(uuid.decode())


def _message(body: bytes) -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%b" % (len(body), body)


def _parts(text: bytes) -> list[bytes]:
    return text.split(_UUID.encode())


def _facts() -> Mapping[str, object]:
    stamp = switch_wire.now_stamp()
    return {
        "uuid": _UUID,
        "number": _NUMBER,
        "name": _NUMBER,
        "destination": "15550001111",
        "channel": "sofia/internal/19999999999@127.0.0.1",
        "created": stamp,
        "answered": stamp,
        "hung_up": 0,
        "bridged": 0,
        "sdp": switch_wire.sdp(True),
        "state": "CS_EXECUTE",
        "call_state": "ACTIVE",
        "state_number": 4,
        "answer_state": "answered",
    }
