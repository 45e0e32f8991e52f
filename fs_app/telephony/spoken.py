"""A spoken answer: one sentence of the caller, recorded to a file of its own.

The switch listens (``record_session``) and ends it: where nobody speaks, after the pause that follows speech,
or after the longest time. It keeps the recording half a second behind the line and writes the rest as it ends.
Unlike ``record`` it does not hang the call up where it cannot write, and tells why it ended.

No secret is asked for meanwhile, so no digit of one is in it; a caller who keys digits all the same has it thrown
away. Recordings that others make of the call are none of its business and stay as they are.
"""

from __future__ import annotations

import wave
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from fs_app.domain.keys import DONE, Entry, Verdict, menu
from fs_app.domain.prompt import Prompt
from fs_app.errors import CommandRefused, SwitchError
from fs_app.ports import Recorded, Tune
from fs_app.telephony import commands
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.loudness import measure_voice
from fs_app.telephony.privacy import Privacy
from fs_app.telephony.session import Session
from fs_app.telephony.speech import Speech
from fs_app.telephony.timing import Timing

_ASKING = menu("spoken answer", frozenset({"a voice"}))  # no key is the answer
_SPEAKING = menu("spoken answer", frozenset({DONE}))
_SHORTEST = 0.15  # seconds of speech: a short yes has more, a cough or a knock less
_TONE = 0.25  # seconds at the end that may hold the tone of the key that ended it, which is no speech
_FAILED = "uri-failure"  # the switch's word for a file that it cannot write


class SpokenAnswers:
    """The spoken answers of one call, in files beneath ``folder``; without one there are none."""

    def __init__(
        self,
        session: Session,
        info: ConnectInfo,
        speech: Speech,
        privacy: Privacy,
        timing: Timing,
        folder: Path | None,
    ) -> None:
        self._session = session
        self._uuid = info.uuid
        self._tones = info.inband
        self._speech = speech
        self._privacy = privacy
        self._keypad = privacy.keypad
        self._timing = timing
        self._folder = folder
        self._ended: set[str] = set()

    def record(self, prompt: Prompt, seconds: float) -> Recorded:
        """Say the prompt and the beep, and record what is said; see `ports.Channel.record`."""
        if self._folder is None:
            raise SwitchError("there is no folder for recordings")
        self._session.raise_if_disconnected()
        self._keypad.heed(self._timing.run)
        with self._privacy.asking(_ASKING, self._timing.margin):
            if not self._keypad.buffer.waiting:
                self._speech.say(prompt, then=Tune.BEEP, cut_by=lambda: self._keypad.buffer.waiting)
            verdict = self._pressed(Entry(_ASKING))
            if verdict is not None:
                return Recorded(verdict)
            path = self._new_file(self._folder)
            try:
                recorded = self._listen(path, seconds)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        if recorded.verdict is not Verdict.ENTERED:
            path.unlink(missing_ok=True)
        return recorded

    def ended(self, file: str) -> None:
        """In the hub: ``RECORD_STOP``, a recording has ended and its file is whole."""
        self._ended.add(file)

    def _new_file(self, folder: Path) -> Path:
        """A name that nobody can guess, in a folder that the switch would make for everybody to read."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise SwitchError(f"no folder for recordings can be made: {type(error).__name__}") from None
        return folder / f"{self._uuid}-{token_hex(8)}.wav"

    def _listen(self, path: Path, seconds: float) -> Recorded:
        file = str(path)
        self._start(file, seconds)
        entry, verdict = Entry(_SPEAKING), None

        def over() -> bool:
            nonlocal verdict
            verdict = verdict or self._pressed(entry)
            return verdict is not None or file in self._ended

        self._speech.until(over, seconds + self._timing.margin)
        if file not in self._ended:
            with suppress(CommandRefused):  # it has ended meanwhile
                self._session.api("uuid_record", f"{self._uuid} stop {file}", seconds=self._timing.margin)
            if not self._speech.until(lambda: file in self._ended, self._timing.margin):
                raise SwitchError("a recording did not end")
        if verdict not in (None, Verdict.ENTERED):
            return Recorded(verdict)
        return self._judged(path, _TONE if verdict is not None and self._tones else 0.0)

    def _start(self, file: str, seconds: float) -> None:
        """Begin to record. SwitchError where the switch cannot."""
        self._session.pipeline([("event", "plain RECORD_STOP")])
        what = commands.sentence_argument(
            file, seconds=seconds, before=self._timing.before_voice, after=self._timing.after_voice
        )
        # What an earlier recording of this call came to is not what becomes of this one.
        started = self._session.start_all([("unset", "record_completion_cause"), ("record_session", what)])[-1]
        cause = started.wait(self._timing.margin).event("variable_record_completion_cause")
        if cause == _FAILED:
            raise SwitchError("the switch cannot write to the folder for recordings")

    def _judged(self, path: Path, tone: float) -> Recorded:
        try:
            seconds, spoken = measure_voice(path, but_for=tone)
        except (OSError, EOFError, wave.Error) as error:
            raise SwitchError(f"a recording cannot be read: {type(error).__name__}") from None
        if spoken < _SHORTEST:
            return Recorded(Verdict.SILENCE)
        return Recorded(Verdict.ENTERED, path, seconds, spoken)

    def _pressed(self, entry: Entry) -> Verdict | None:
        """What the keys come to that are waiting."""
        verdict = None
        while verdict is None and (key := self._keypad.buffer.take()):
            verdict = entry.press(key)
        if verdict is not None:
            self._keypad.buffer.answered()
        return verdict
