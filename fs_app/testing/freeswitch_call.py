"""A caller who dials a real FreeSWITCH from the switch itself: hears prompts, presses keys, hangs up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fs_app.errors import CallEnded
from fs_app.telephony.headers import Frame
from fs_app.testing.freeswitch_socket import Overheard

_TONES = {  # row and column of each key, in Hz (ITU-T Q.23)
    key: (row, column)
    for row, keys in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for column, key in zip((1209, 1336, 1477, 1633), keys, strict=True)
}
_KEY_MILLISECONDS = 100
_SECONDS = 20.0


class TestCall:
    """One call and what is known of it from the switch's events. ``said`` are the files of every prompt that began.

    ``caller`` is the uuid of the caller's own telephone, ``line`` the uuid of the call that fs_app gets.
    """

    __test__ = False  # no test, whatever its name makes pytest think

    def __init__(
        self, api: Callable[[str], str], overheard: Overheard, caller: str, sip_call: str, *, tones: bool
    ) -> None:
        self._api = api
        self._overheard = overheard
        self._sip_call = sip_call
        self._tones = tones
        self._seen = len(overheard.events)
        self.caller = caller
        self.line: str | None = None
        self.said: list[tuple[Path, ...]] = []
        self._told = 0
        self._talks = False
        self.ended = False
        self.happened: list[tuple[str, str]] = []  # event and application, of the line

    # --- the ear ---

    def hears(self, phrase: str, seconds: float = _SECONDS) -> tuple[Path, ...]:
        """Wait until a prompt begins that has a recording of this phrase, skipping others; its files.

        AssertionError where it does not come, with what was said instead.
        """
        found: list[tuple[Path, ...]] = []

        def said() -> bool:
            self._look()
            while self._told < len(self.said) and not found:
                files = self.said[self._told]
                self._told += 1
                if any(_phrase_of(path) == phrase for path in files):
                    found.append(files)
            return bool(found) or self.ended

        self._overheard.wait_for(said, seconds)
        if not found:
            heard = ", ".join("+".join(path.stem for path in files) for files in self.said)
            raise AssertionError(f"{phrase} was not said; heard: {heard}; call ended: {self.ended}")
        return found[0]

    def next_prompt(self, seconds: float = _SECONDS) -> tuple[Path, ...]:
        """Wait for the next prompt, whatever it is. CallEnded where the call ends first."""

        def said() -> bool:
            self._look()
            return self._told < len(self.said) or self.ended

        self._overheard.wait_for(said, seconds)
        if self._told >= len(self.said):
            raise CallEnded("the call ended" if self.ended else "nothing was said")
        self._told += 1
        return self.said[self._told - 1]

    def waits_until(self, event: str, application: str = "", seconds: float = _SECONDS) -> None:
        """Wait for an event of the line, e.g. CHANNEL_EXECUTE of callcenter; AssertionError where none comes."""

        def come() -> bool:
            self._look()
            return (event, application) in self.happened

        if not self._overheard.wait_for(come, seconds):
            raise AssertionError(f"{event} {application} did not come; there were {self.happened}")

    # --- the hand ---

    def press(self, keys: str) -> None:
        """Press keys one after the other, as telephone-event or as tones."""
        self._waits_for_its_line()
        if self._tones:
            tones = ";".join("%(140,180,{},{})".format(*_TONES[key]) for key in keys)
            # The switch cuts the beginning of what it starts to play: let it be silence.
            self._api(f"uuid_broadcast {self.caller} tone_stream://%(10,200,50);{tones}")
            return
        for key in keys:
            self._api(f"uuid_send_dtmf {self.caller} {key}@{_KEY_MILLISECONDS}")

    def _waits_for_its_line(self) -> None:
        """The caller's own telephone hears the answer a moment after the line that is answered."""

        def talks() -> bool:
            self._look()
            return self._talks

        if not self._overheard.wait_for(talks, _SECONDS):
            raise AssertionError("the caller's telephone was not answered")

    def hang_up(self, seconds: float = _SECONDS) -> None:
        """Hang up, and wait until the line is gone."""
        self._api(f"uuid_kill {self.caller}")
        self.waits_for_end(seconds)

    def waits_for_end(self, seconds: float = _SECONDS) -> None:
        """Wait until the line is gone. AssertionError where it stays."""

        def gone() -> bool:
            self._look()
            return self.ended

        if not self._overheard.wait_for(gone, seconds):
            raise AssertionError("the call did not end")

    # --- events ---

    def _look(self) -> None:
        events = self._overheard.events
        while self._seen < len(events):
            self._seen += 1
            self._take(events[self._seen - 1])

    def _take(self, event: Frame) -> None:
        uuid = event.event("Unique-ID")
        if self.line is None and uuid != self.caller and event.event("variable_sip_call_id") == self._sip_call:
            self.line = uuid
        name = event.event("Event-Name") or ""
        self._talks = self._talks or (name == "CHANNEL_PARK" and uuid == self.caller)
        if name == "CHANNEL_BRIDGE":  # told on either leg
            uuid = self.line if self.line in (uuid, event.event("Other-Leg-Unique-ID")) else None
        if uuid is None or uuid != self.line:
            return
        self.happened.append((name, event.event("Application") or ""))
        if name == "PLAYBACK_START":
            names = (event.event("Playback-File-Path") or "").removeprefix("file_string://")
            self.said.append(tuple(Path(part) for part in names.split("!")))
        elif name == "CHANNEL_HANGUP_COMPLETE":
            self.ended = True


def _phrase_of(path: Path) -> str:
    """``enter_amount_again.2.wav`` is a piece of ``enter_amount_again``."""
    return path.name.split(".")[0]
