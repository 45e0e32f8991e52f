"""What keeps a caller's keys from the person they talk with: bound keys, silenced tones, and a proof of both.

Telephone-event keys never reach the other leg: the switch matches them against our binding first. Tones would, so
the caller is silenced towards the person; the detector still hears them. Both were measured on FreeSWITCH 1.10.12:
the silence is a media bug of the caller's leg, which a transfer to another leg does not lift.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from fs_app.errors import CallEnded, CommandRefused, NotProtected, SwitchError
from fs_app.telephony import commands
from fs_app.telephony.commands import LISTENS
from fs_app.telephony.keypad import Keypad
from fs_app.telephony.recordings import MediaBug
from fs_app.telephony.session import Session

_MUTE = MediaBug("audio", "mute")


class Shield:
    """The shield of one call. ``tones``: the caller's keys can be heard, so the caller is silenced."""

    def __init__(self, session: Session, uuid: str, keypad: Keypad, *, tones: bool) -> None:
        self._session = session
        self._uuid = uuid
        self._keypad = keypad
        self._tones = tones

    def put_up(self, seconds: float) -> None:
        """Hang up on supervisors who listen in, bind the keys anew, and silence the caller towards the person. Each
        command's reply is waited for, so many seconds: NotProtected where one is missing or says no."""
        self._keypad.buffer.forget()
        try:
            self._session.start_api("hupall", f"NORMAL_CLEARING {LISTENS} {self._uuid}")  # replies come in order
            self._keypad.bind(seconds)
            if self._tones:
                self._session.api("uuid_audio", f"{self._uuid} start read mute -1", seconds=seconds)
        except CommandRefused as error:
            raise NotProtected(f"the switch does not keep the keys: {error}", reason="not_silenced") from None
        except SwitchError as error:
            raise NotProtected(f"the switch does not answer: {error}", reason="unanswered") from None

    def prove(self, bugs: Iterable[MediaBug]) -> None:
        """NotProtected where the switch's own list of what it does to the call lacks the silence."""
        if self._tones and _MUTE not in bugs:
            raise NotProtected("the caller is not silenced towards the person", reason="not_silenced")

    def lost(self, ended: MediaBug) -> NotProtected | None:
        """What is to be said where the switch no longer does something to the call: somebody else lifted the
        silence."""
        if not self._tones or ended.function != _MUTE.function:
            return None
        return NotProtected("somebody lifted the silence towards the person", reason="not_silenced")

    def take_down(self, *, after: int = 0) -> None:
        """Let the person hear the caller again, or have the switch do so ``after`` some seconds, whoever is here
        then. Nothing is waited for; harmless where the call has ended."""
        if self._tones:
            with suppress(CallEnded):
                self._session.start_api(*commands.later(after, "uuid_audio", f"{self._uuid} stop"))
