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
        """The caller pressed a key."""
        call = self._call
        if self.inband and not call.gone:
            call.recordings.hear(key)
        if call.gone or (self.inband and not self.detecting):
            return  # nobody hears the tone
        sensitive = call.variables.get("sensitive_dtmf") == "true"
        if self.inband:
            call.log("DEBUG", f"DTMF BEGIN DETECTED: [{key}]")
        elif not sensitive:
            call.log("DEBUG", f"RTP RECV DTMF {key}:2080")
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
        elif not sensitive:
            self._announce(key)

    def deliver(self) -> None:
        """Send what the bindings made, if the application's socket takes diverted events."""
        listener = self._call.listener
        if listener is not None and listener.diverted:
            for body in self._private:
                listener.send(switch_wire.event_message(body))
            self._private.clear()

    def _announce(self, key: str) -> None:
        call = self._call
        call.log("INFO", f"RECV DTMF {key}:2080")
        self.dialed += key
        source = "INBAND_AUDIO" if self.inband else "RTP"
        own = [("DTMF-Digit", key), ("DTMF-Duration", "2080"), ("DTMF-Source", source)]
        call.fire("DTMF", own, divert=call.listener is not None and call.listener.diverted)
