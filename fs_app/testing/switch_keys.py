"""What the simulated switch does with a key: digit bindings, DTMF events, and the lines of its log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fs_app.testing import switch_wire

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call


class Keys:
    """The keys of one channel.

    A key of the realm that is set goes to the application as a private message, once its socket takes diverted
    events. Any other key is a DTMF event, for everybody or for a socket that has events diverted, and a part of
    the call detail record. ``sensitive_dtmf`` stops the events and the log lines; not those of tone detectors.
    """

    def __init__(self, call: Call, *, inband: bool) -> None:
        self.inband = inband
        self.detecting = False
        self.dialed = ""  # what the call detail record will have
        self._call = call
        self._bindings: dict[str, list[tuple[str, tuple[str, str]]]] = {}
        self._realm = ""
        self._private: list[str] = []

    def bind(self, realm: str, digits: str, action: str, value: str) -> None:
        """Bind digits, or ``~`` and a regular expression. The first realm is the one that is set."""
        pattern = digits[1:] if digits.startswith("~") else re.escape(digits)
        self._bindings.setdefault(realm, []).append((pattern, (action, value)))
        self._realm = self._realm or realm

    def set_realm(self, realm: str) -> None:
        """Set a realm; one that does not exist leaves the old one in force."""
        if realm in self._bindings:
            self._realm = realm

    def clear(self) -> None:
        """Give the keys back to the switch."""
        self._bindings.clear()
        self._realm = ""

    def press(self, key: str) -> None:
        """The caller pressed a key. Of tones the person who talks with the caller hears each, unless the caller is
        silenced towards them or hears a prompt; a detector that came after the silence hears none."""
        call = self._call
        if call.gone:
            return
        if self.inband:
            call.recordings.hear(key)
            if call.talk is not None and not call.playing and not call.recordings.muted:
                call.talk.leg.tones += key
            if not self.detecting or call.recordings.deaf:
                return  # nobody hears the tone
            call.log("DEBUG", f"DTMF BEGIN DETECTED: [{key}]")
        elif not self._sensitive:
            call.log("DEBUG", f"RTP RECV DTMF {key}:2080")
        self.receive(key)

    def receive(self, key: str) -> None:
        """A key has come, however."""
        call = self._call
        bound = next(
            (to for pattern, to in self._bindings.get(self._realm, []) if re.fullmatch(pattern, key)), None
        )
        if bound is not None:
            action, value = bound
            call.variables["last_matching_digits"] = key
            call.log("DEBUG", f"{call.facts['channel']} Digit match binding [{action}][{value}]")
            self._private.append(switch_wire.key_body(action.removeprefix("api:"), value, key))
            self.deliver()
            if action == "api:uuid_setvar":
                uuid, variable = value.split()
                call.switch.calls[uuid].variables.pop(variable, None)
                call.variables["bind_digit_action_api_result"] = "+OK\n"
            return
        if not call.playing and call.waiting is not None:
            call.waiting.key(key)  # in a prompt the line does not see it
        if not self._sensitive:
            self._announce(key)
            if call.talk is not None and not call.playing:
                call.talk.leg.keys += key

    @property
    def _sensitive(self) -> bool:
        return self._call.variables.get("sensitive_dtmf") == "true"

    def deliver(self) -> None:
        """Send what the bindings made, if an application's socket takes diverted events. Where several have the
        call, the real one leaves it to chance, and mostly to the oldest."""
        listener = next((one for one in self._call.sockets if one.diverted), None)
        if listener is not None:
            for body in self._private:
                listener.send(switch_wire.event_message(body))
            self._private.clear()

    def _announce(self, key: str) -> None:
        call = self._call
        call.log("INFO", f"RECV DTMF {key}:2080")
        self.dialed += key
        source = "INBAND_AUDIO" if self.inband else "RTP"
        own = [("DTMF-Digit", key), ("DTMF-Duration", "2080"), ("DTMF-Source", source)]
        diverted = [one for one in call.sockets if one.diverted][:1]
        call.fire("DTMF", own, only=diverted[0] if diverted else None)
